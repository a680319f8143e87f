"""Writers of files that are not rows of JSON: tar shards, sidecar text, CSV, TSV."""

import csv
import io
import tarfile
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, BinaryIO, ClassVar

import orjson

from core.export.entries import ImageGroup, Row
from core.export.layout import BundleLayout
from core.export.writing.base import Writer
from core.export.writing.target import Target
from core.spreadsheet import without_formula

_SHARD_BYTES = 1_000_000_000


class WebDatasetWriter(Writer):
    """``webdataset-<split>-000000.tar``, shards of at most about 1 GB; each sample is a ``.jpg`` and a ``.json``."""

    embeds_images: ClassVar[bool] = True
    needs_jpeg: ClassVar[bool] = True

    def __init__(self, target: Target, layout: BundleLayout) -> None:
        super().__init__(target, layout)
        self._tars: dict[str, tuple[BinaryIO, tarfile.TarFile]] = {}
        self._shards: dict[str, int] = {}
        self._sizes: dict[str, int] = {}

    @classmethod
    def data_files(cls, layout: BundleLayout, split: str, row_key: str) -> str:
        return f"webdataset-{split}-*.tar"

    def add(self, group: ImageGroup, rows: Iterable[Row]) -> int:
        if self._sizes.get(group.split, 0) > _SHARD_BYTES:
            self._close(group.split)
        _, tar = self._tar(group.split)
        # Readers split a member's name at its first dot.
        key = group.ref.rsplit(".", 1)[0]
        count = 0
        for row in rows:
            _add_member(tar, f"{key}.jpg", group.data)
            _add_member(tar, f"{key}.json", orjson.dumps(row))
            count += 1
        self._sizes[group.split] = self._sizes.get(group.split, 0) + len(group.data)
        return self.count(group.split, count)

    def finish(self) -> None:
        self._tar(self.splits[0])
        for split in list(self._tars):
            self._close(split)

    def _tar(self, split: str) -> tuple[BinaryIO, tarfile.TarFile]:
        if split not in self._tars:
            number = self._shards[split] = self._shards.get(split, -1) + 1
            file = self.target.open(f"webdataset-{split}-{number:06d}.tar")
            self._tars[split] = file, tarfile.TarFile(fileobj=file, mode="w", format=tarfile.USTAR_FORMAT)
            self._sizes[split] = 0
        return self._tars[split]

    def _close(self, split: str) -> None:
        file, tar = self._tars.pop(split)
        tar.close()
        file.close()


def _add_member(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(data)
    tar.addfile(member, io.BytesIO(data))


class SidecarWriter(Writer):
    """Images and captions of a split in one directory, with a ``metadata.jsonl`` by which ``datasets`` shows both.

    Without splits the directory is ``images``.
    """

    def __init__(self, target: Target, layout: BundleLayout) -> None:
        super().__init__(target, layout)
        self._metadata: dict[str, BinaryIO] = {}

    @classmethod
    def data_files(cls, layout: BundleLayout, split: str, row_key: str) -> str:
        # Images and metadata.jsonl, without the captions: they would be read as the rows.
        return f"{_sidecar_directory(layout, split)}/*.[!t]*"

    def image_path(self, split: str, file_name: str) -> tuple[str, str]:
        path = f"{_sidecar_directory(self.layout, split)}/{file_name}"
        return path, path

    def add(self, group: ImageGroup, rows: Iterable[Row]) -> int:
        count = 0
        directory, _, name = group.ref.rpartition("/")
        if group.split not in self._metadata:
            self._metadata[group.split] = self.target.open(f"{directory}/metadata.jsonl")
        for row in rows:
            self.target.add_bytes(f"{group.ref.rsplit('.', 1)[0]}.txt", f"{row['caption']}\n".encode())
            line = orjson.dumps({"file_name": name, "text": row["caption"]}, option=orjson.OPT_APPEND_NEWLINE)
            self._metadata[group.split].write(line)
            count += 1
        return self.count(group.split, count)

    def finish(self) -> None:
        for file in self._metadata.values():
            file.close()


def _sidecar_directory(layout: BundleLayout, split: str) -> str:
    return split if layout.is_split else "images"


class CsvWriter(Writer):
    """RFC 4180: every cell quoted, lines end in CR LF; UTF-8 with the byte order mark that spreadsheets expect."""

    reader_options: ClassVar[tuple[str, ...]] = ("keep_default_na: false",)

    def __init__(self, target: Target, layout: BundleLayout) -> None:
        super().__init__(target, layout)
        self._files: dict[str, BinaryIO] = {}

    def add(self, group: ImageGroup, rows: Iterable[Row]) -> int:
        made = list(rows)
        lines = io.StringIO(newline="")
        table = csv.writer(lines, quoting=csv.QUOTE_ALL)
        if group.split not in self._files:
            self._files[group.split] = self.target.open(self.layout.rows_file(group.split))
            lines.write("\ufeff")
            table.writerow(made[0])
        table.writerows([self._cell(value) for value in row.values()] for row in made)
        self._files[group.split].write(lines.getvalue().encode())
        return self.count(group.split, len(made))

    def finish(self) -> None:
        if not self._files:
            self._files[self.splits[0]] = self.target.open(self.layout.rows_file(self.splits[0]))
        for file in self._files.values():
            file.close()

    def _cell(self, value: Any) -> str:
        if isinstance(value, datetime):
            return value.replace(tzinfo=UTC).isoformat()
        if not isinstance(value, str):
            return str(value)
        if not self.layout.formula_guard:
            return value
        cell = without_formula(value)
        self.escaped_cells += cell is not value
        return cell


class TsvWriter(Writer):
    """Cells separated by tabs, quoted, with the images inside; as ``pandas.read_csv`` reads them."""

    embeds_images: ClassVar[bool] = True

    def __init__(self, target: Target, layout: BundleLayout) -> None:
        super().__init__(target, layout)
        self._files: dict[str, BinaryIO] = {}

    def add(self, group: ImageGroup, rows: Iterable[Row]) -> int:
        made = list(rows)
        lines = io.StringIO(newline="")
        table = csv.writer(lines, delimiter="\t", quoting=csv.QUOTE_ALL, lineterminator="\n")
        if group.split not in self._files:
            self._files[group.split] = self.target.open(self.layout.rows_file(group.split))
            table.writerow(made[0])
        table.writerows(row.values() for row in made)
        self._files[group.split].write(lines.getvalue().encode())
        return self.count(group.split, len(made))

    def finish(self) -> None:
        if not self._files:
            self._files[self.splits[0]] = self.target.open(self.layout.rows_file(self.splits[0]))
        for file in self._files.values():
            file.close()
