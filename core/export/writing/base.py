"""From rows to files: JSON arrays and lines. Other kinds of files are written beside the formats that need them."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, BinaryIO, ClassVar

import orjson

from core.export.entries import ImageGroup, Row
from core.export.recipe import ExportRecipe
from core.export.writing.target import Target

if TYPE_CHECKING:
    from core.export.formats.base import Format

_OPTIONS = orjson.OPT_NAIVE_UTC


class Writer:
    """Writes the rows of one export; *place* says where an image goes, *embeds* that rows hold its bytes."""

    embeds: ClassVar[bool] = False
    as_jpeg: ClassVar[bool] = False
    """Whether every image has to be a JPEG, because the readers want one kind."""

    def __init__(self, target: Target, recipe: ExportRecipe, format_: "Format") -> None:
        self.target = target
        self.recipe = recipe
        self.format = format_
        self.rows_per_split: dict[str, int] = {}

    @property
    def copies(self) -> bool:
        """Whether images become files of the bundle."""
        return not self.embeds

    def place(self, split: str, file_name: str) -> tuple[str, str]:
        """Return where an image stands in the bundle, and how a row refers to it."""
        path = f"images/{file_name}"
        return path, path

    def add(self, group: ImageGroup, rows: Iterable[Row]) -> int:
        """Write the rows of one image and return how many."""
        raise NotImplementedError

    def finish(self) -> None:
        raise NotImplementedError

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits that got rows; the first one when none did, because an empty export is still a file."""
        return tuple(self.rows_per_split) or self.recipe.splits.names[:1]

    def count(self, split: str, rows: int) -> int:
        self.rows_per_split[split] = self.rows_per_split.get(split, 0) + rows
        return rows

    def rows_name(self, split: str, ending: str) -> str:
        """Return the name of a split's rows file; it carries the split's name only when there are several."""
        several = len(self.recipe.splits.names) > 1
        return f"{self.format.file_stem}{'_' + split if several else ''}.{ending}"


class JsonWriter(Writer):
    """One JSON array, or one JSON object a line, for each split."""

    def __init__(self, target: Target, recipe: ExportRecipe, format_: "Format") -> None:
        super().__init__(target, recipe, format_)
        self._lines = recipe.rows == "jsonl"
        self._files: dict[str, BinaryIO] = {}

    def add(self, group: ImageGroup, rows: Iterable[Row]) -> int:
        count = 0
        file = self._file(group.split)
        for row in rows:
            if self._lines:
                file.write(orjson.dumps(row, option=_OPTIONS | orjson.OPT_APPEND_NEWLINE))
            else:
                file.write(b",\n" if count or group.split in self.rows_per_split else b"\n")
                file.write(orjson.dumps(row, option=_OPTIONS))
            count += 1
        return self.count(group.split, count)

    def _file(self, split: str) -> BinaryIO:
        if split not in self._files:
            self._files[split] = self.target.open(self.rows_name(split, self.recipe.rows or "jsonl"))
            if not self._lines:
                self._files[split].write(b"[")
        return self._files[split]

    def finish(self) -> None:
        self._file(self.splits[0])
        for file in self._files.values():
            if not self._lines:
                file.write(b"\n]\n")
            file.close()
        if self.format.beside is not None:
            names = {split: self.rows_name(split, self.recipe.rows or "jsonl") for split in self._files}
            for name, data in self.format.beside(names).items():
                self.target.add_bytes(name, data)


def json_writer() -> type[Writer]:
    return JsonWriter


class ImageFolderWriter(Writer):
    """``<split>/metadata.jsonl`` with its images in ``<split>/images``."""

    def __init__(self, target: Target, recipe: ExportRecipe, format_: "Format") -> None:
        super().__init__(target, recipe, format_)
        self._files: dict[str, BinaryIO] = {}

    @property
    def copies(self) -> bool:
        """Whether images become files of the bundle."""
        return not self.embeds

    def place(self, split: str, file_name: str) -> tuple[str, str]:
        return f"{split}/images/{file_name}", f"images/{file_name}"

    def add(self, group: ImageGroup, rows: Iterable[Row]) -> int:
        lines = [orjson.dumps(row, option=_OPTIONS | orjson.OPT_APPEND_NEWLINE) for row in rows]
        self._file(group.split).writelines(lines)
        return self.count(group.split, len(lines))

    def _file(self, split: str) -> BinaryIO:
        if split not in self._files:
            self._files[split] = self.target.open(f"{split}/metadata.jsonl")
        return self._files[split]

    def finish(self) -> None:
        self._file(self.splits[0])
        for file in self._files.values():
            file.close()
