"""The annotation files of an import: recognized, and read one after the other into records."""

from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from core.container import Container
from core.errors import ImageRejectedError, InvalidInputError
from core.importing import class_directories
from core.importing.answers import RowError
from core.importing.delimited import DelimitedError
from core.importing.heads import SAMPLE_ROWS, TEXT_ENDINGS, element_runs, head_of, is_image_name, runs_of
from core.importing.json_text import JsonSyntaxError, JsonText
from core.importing.problems import Problems
from core.importing.readers import not_recognized, readers_for, recognized
from core.importing.readers.base import Head
from core.importing.records import Found, Record, records_in
from core.importing.row_blocks import ROWS_PER_BLOCK, RowBlock, blocks_of
from core.importing.survey import Survey
from core.importing.table_files import TableFiles
from core.importing.tables import text_runs, text_table_head

MAX_FILE_BYTES = 64_000_000_000
"""Files are read as streams: the limit only bounds the time."""
MAX_TABLE_BYTES = 4_000_000_000
"""Of a copy of a table that is in an archive."""
MAX_TEXT_BYTES = 1_000_000


class AnnotationFiles:
    """The annotation files of a container; what readers see of it is :class:`~core.importing.readers.base.Files`."""

    def __init__(
        self,
        container: Container,
        found: Survey,
        problems: Problems,
        scratch: Path,
        embedded: TableFiles | None = None,
    ) -> None:
        """
        Args:
            scratch: a directory for copies of tables that are in an archive.
            embedded: where images that are written in rows are kept; without it they are only named.
        """
        self._container = container
        self._names = found.annotations
        self._images, self._others = found.images, found.others
        self._tables = [name for name in found.tables if not name.lower().endswith(".tar")]
        self._has_samples = len(self._tables) < len(found.tables)
        self._scratch = scratch
        self._embedded = embedded
        self._has_tables = bool(found.tables)
        self._classes: dict[str, str] = {}
        self.problems = problems
        self.formats: dict[str, str] = {}
        """The label of the reader by the name of the file; "" when none read it."""

    @cached_property
    def heads(self) -> dict[str, Head]:
        tables = {name: head for name in self._tables if (head := self._table_head(name)) is not None}
        return {name: self._head(name) for name in self._names} | tables

    @property
    def has_images_inside(self) -> bool:
        """Whether there is a table, or an archive of samples, with images inside."""
        return self._has_samples or not self.heads.keys() >= set(self._tables)

    def records(self, format_name: str = "auto") -> Iterator[Record]:
        """Yield the records of all files one by one; see :meth:`found`."""
        for found in self.found(format_name):
            yield from records_in(found)

    def found(self, format_name: str = "auto") -> Iterator[Found]:
        """Yield the records of all files, many at a time where they have one shape.

        Raises:
            InvalidInputError: there is no format *format_name*.
        """
        readers = readers_for(format_name)
        self._add_classes(format_name)
        for name, head in self.heads.items():
            reader = recognized(head, readers)
            self.formats[name] = reader.label if reader else ""
            if reader is None:
                self.problems.add(name, not_recognized(head, readers))
                continue
            try:
                yield from reader.read(name, self)
            except (JsonSyntaxError, DelimitedError, InvalidInputError, ImageRejectedError) as error:
                self.problems.add(name, str(error))

    def _add_classes(self, format_name: str) -> None:
        """Add the classes of images by their directory to what is read; note them where nobody chose that."""
        is_chosen = format_name == class_directories.FORMAT
        if not is_chosen and (self.heads or self._has_tables):
            return
        self._classes = class_directories.classes_of(self._images, is_chosen=is_chosen)
        if self._classes and is_chosen:
            self.heads[class_directories.NAME] = class_directories.head_of_classes(self._classes, SAMPLE_ROWS)
        elif self._classes:
            self.problems.note(class_directories.NAME, class_directories.note_of(self._classes))

    def blocks(self, name: str, key: str = "") -> Iterator[RowBlock]:
        if self.heads[name].shape == "directories":
            images, options = [*self._classes], sorted({*self._classes.values()})
            for start in range(0, len(images), ROWS_PER_BLOCK):
                some = images[start : start + ROWS_PER_BLOCK]
                yield RowBlock(some, [class_directories.row_of(image, self._classes, options) for image in some])
            return
        if self.heads[name].shape == "table":
            for run in text_runs(self._table_path(name)):
                yield from blocks_of(run, name)
            return
        with self._container.open(name, MAX_FILE_BYTES) as file:
            head = self.heads[name]
            for run in runs_of(head, file, key, self._directories_of(head)):
                yield from blocks_of(run, name)

    def rows(self, name: str, key: str = "") -> Iterator[tuple[str, Any]]:
        for block in self.blocks(name, key):
            yield from block.sound(self.problems)

    def element_blocks(self, name: str) -> Iterator[tuple[str, RowBlock]]:
        with self._container.open(name, MAX_FILE_BYTES) as file:
            for key, run in element_runs(file):
                for block in blocks_of(run, name, key):
                    yield key, block

    def document(self, name: str) -> Any:
        with self._container.open(name, MAX_FILE_BYTES) as file:
            return JsonText(file).value()

    def text(self, name: str) -> str:
        with self._container.open(name, MAX_FILE_BYTES) as file:
            data = file.read(MAX_TEXT_BYTES + 1)
        if len(data) > MAX_TEXT_BYTES:
            raise RowError(f"This text is larger than {MAX_TEXT_BYTES / 1e6:,.0f} MB.")
        encoding = "utf-16" if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) else "utf-8-sig"
        try:
            return data.decode(encoding)
        except UnicodeError:
            raise RowError("This text is not UTF-8. Save it as UTF-8.") from None

    def has(self, name: str) -> bool:
        return name in self.base_names

    def embed(self, data: bytes | str, where: str, name: str = "") -> str:
        return self._embedded.embed(data, where, name) if self._embedded else name or where

    def _directories_of(self, head: Head) -> dict[str, str]:
        """Return the directories of images that the keys of rows name, as ScienceQA's do; {} when they name none."""
        found = self._directories
        return found if any(found.get(key) and not is_image_name(key) for key in head.keys) else {}

    @cached_property
    def _directories(self) -> dict[str, str]:
        """The directories of images by their last part; without those that share it."""
        parents = {name.rpartition("/")[0] for name in (*self._images, *self._others)}
        counts = Counter(parent.rpartition("/")[2] for parent in parents)
        return {last: parent for parent in parents if counts[last := parent.rpartition("/")[2]] == 1}

    @cached_property
    def base_names(self) -> frozenset[str]:
        return frozenset(name.rpartition("/")[2] for name in self._container.names())

    @cached_property
    def _images_by_stem(self) -> dict[str, str]:
        """Names of images by their path without ending; "" where several share it.

        A file that may be no image counts where there is no other.
        """
        return _by_stem(self._others) | _by_stem(self._images)

    def _table_head(self, name: str) -> Head | None:
        """Return the head of a table; None for one with images inside, which is read in batches."""
        try:
            return text_table_head(self._table_path(name), name)
        except ImageRejectedError as error:
            return Head(name, reason=str(error))

    def _table_path(self, name: str) -> Path:
        copy = self._scratch / str(self._tables.index(name))
        return copy if copy.exists() else self._container.file(name, copy, MAX_TABLE_BYTES)

    def _head(self, name: str) -> Head:
        beside = self._images_by_stem.get(name.rpartition(".")[0], "")
        is_text = name.lower().endswith(TEXT_ENDINGS)
        if is_text and beside:
            return Head(name, "text", beside=beside)
        try:
            with self._container.open(name, MAX_FILE_BYTES) as file:
                head = replace(head_of(name, file), beside=beside)
            return Head(name, "text") if is_text and head.reason else head
        except InvalidInputError as error:
            return Head(name, reason=str(error))


def _by_stem(names: Iterable[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in names:
        stem = name.rpartition(".")[0]
        found[stem] = "" if stem in found else name
    return found
