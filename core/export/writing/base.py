"""Writers: from rows to the files of a bundle."""

from collections.abc import Iterable
from typing import BinaryIO, ClassVar

import orjson

from core.export.entries import ImageGroup, Row
from core.export.layout import BundleLayout
from core.export.writing.target import Target

_OPTIONS = orjson.OPT_NAIVE_UTC


class Writer:
    """Writes the rows of one export into *target*."""

    embeds_images: ClassVar[bool] = False
    """Whether rows hold the bytes of their images, so that the bundle has no image files."""
    needs_jpeg: ClassVar[bool] = False
    """Whether every image must be a JPEG, because the readers expect one type."""

    row_keys: ClassVar[tuple[str, ...]] = ("",)
    """Of files that are one JSON object: the keys of its lists of rows."""
    reader_options: ClassVar[tuple[str, ...]] = ()
    """Options of the reader of ``load_dataset`` as lines of YAML."""
    escaped_cells = 0
    """Cells that were changed, because a spreadsheet would run them as formulas."""

    def __init__(self, target: Target, layout: BundleLayout) -> None:
        self.target = target
        self.layout = layout
        self.rows_per_split: dict[str, int] = {}

    @classmethod
    def data_files(cls, layout: BundleLayout, split: str, row_key: str) -> str:
        """Return the pattern of the files with the rows of *split*, for ``load_dataset``; empty when it reads none.

        Args:
            row_key: one of ``row_keys``.
        """
        return layout.rows_file(split) if layout.row_ending else ""

    def image_path(self, split: str, file_name: str) -> tuple[str, str]:
        """Return the path of an image in the bundle, and the path by which a row refers to it."""
        path = f"images/{file_name}"
        return path, path

    def add(self, group: ImageGroup, rows: Iterable[Row]) -> int:
        """Write the rows of one image and return how many."""
        raise NotImplementedError

    def finish(self) -> None:
        """Complete and close the files; an export without rows still gets its first file."""
        raise NotImplementedError

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits with rows; the first split of the recipe when there are no rows."""
        return tuple(self.rows_per_split) or self.layout.splits[:1]

    def count(self, split: str, rows: int) -> int:
        """Add *rows* to the count of *split* and return *rows*."""
        self.rows_per_split[split] = self.rows_per_split.get(split, 0) + rows
        return rows


class JsonWriter(Writer):
    """One file for each split: a JSON array when the row ending is ``json``, otherwise one object a line."""

    def __init__(self, target: Target, layout: BundleLayout) -> None:
        super().__init__(target, layout)
        self._is_array = layout.row_ending == "json"
        self._files: dict[str, BinaryIO] = {}

    def rows_path(self, split: str) -> str:
        """Return the path of the rows of *split* in the bundle."""
        return self.layout.rows_file(split)

    def add(self, group: ImageGroup, rows: Iterable[Row]) -> int:
        count = 0
        file = self._file(group.split)
        for row in rows:
            if self._is_array:
                file.write(b",\n" if count or group.split in self.rows_per_split else b"\n")
                file.write(orjson.dumps(row, option=_OPTIONS))
            else:
                file.write(orjson.dumps(row, option=_OPTIONS | orjson.OPT_APPEND_NEWLINE))
            count += 1
        return self.count(group.split, count)

    def finish(self) -> None:
        self._file(self.splits[0])
        for file in self._files.values():
            if self._is_array:
                file.write(b"\n]\n")
            file.close()

    def _file(self, split: str) -> BinaryIO:
        if split not in self._files:
            self._files[split] = self.target.open(self.rows_path(split))
            if self._is_array:
                self._files[split].write(b"[")
        return self._files[split]


class ImageFolderWriter(JsonWriter):
    """``<split>/metadata.jsonl`` with its images in ``<split>/images``."""

    def image_path(self, split: str, file_name: str) -> tuple[str, str]:
        return f"{split}/images/{file_name}", f"images/{file_name}"

    def rows_path(self, split: str) -> str:
        return f"{split}/metadata.jsonl"

    @classmethod
    def data_files(cls, layout: BundleLayout, split: str, row_key: str) -> str:
        return f"{split}/**"


class RoboflowWriter(JsonWriter):
    """``train``, ``valid`` and ``test``, each with its images and an ``annotations.jsonl``."""

    _DIRECTORIES: ClassVar[dict[str, str]] = {"train": "train", "validation": "valid", "test": "test"}

    def image_path(self, split: str, file_name: str) -> tuple[str, str]:
        return f"{self._DIRECTORIES[split]}/{file_name}", file_name

    def rows_path(self, split: str) -> str:
        return self.data_files(self.layout, split, "")

    @classmethod
    def data_files(cls, layout: BundleLayout, split: str, row_key: str) -> str:
        return f"{cls._DIRECTORIES[split]}/annotations.jsonl"
