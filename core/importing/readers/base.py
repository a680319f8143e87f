"""What a reader of annotations is, and what it is given."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal, Protocol

from core.importing.answers import RowError
from core.importing.problems import Problems
from core.importing.records import Found, Record, RecordColumns
from core.importing.row_blocks import RowBlock

Row = dict[str, Any]


_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class Head:
    """The beginning of an annotation file."""

    name: str
    shape: Literal["rows", "object", "map", "columns", "single", "table", "text", "directories", ""] = ""
    """How the rows are written: an array, lines or a table of text; lists in an object; an object whose keys name
    its rows; an object whose keys name its columns; one object that is a row; a table with types; a text; the
    directories of images."""
    rows: tuple[Row, ...] = ()
    """The first rows, where the file is no object of lists."""
    keys: tuple[str, ...] = ()
    """Of an object whose keys name its rows: those of the first rows."""
    lists: Mapping[str, tuple[Any, ...]] = field(default_factory=lambda: _NOTHING)
    """Of an object: its lists by key up to the first long one, each with its first elements."""
    values: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    """Of an object: its other values by key; objects are left empty."""
    beside: str = ""
    """The image in the same directory whose name differs only in its ending; "" without one."""
    reason: str = ""
    """Why the file cannot be read; empty when it can be."""

    @property
    def columns(self) -> list[str]:
        """The names of the columns of the first rows, or of the keys of the object."""
        names = dict.fromkeys(str(name) for row in self.rows for name in row)
        return [*(names or {**self.lists, **self.values})]


class Files(Protocol):
    """The files of an import, as readers see them."""

    problems: Problems

    @property
    def heads(self) -> Mapping[str, Head]:
        """The beginnings of all annotation files by name."""
        ...

    @property
    def base_names(self) -> frozenset[str]:
        """The names of all files, without their directories."""
        ...

    def blocks(self, name: str, key: str = "") -> Iterator[RowBlock]:
        """Yield the rows of a file, some at a time.

        Args:
            key: of a JSON object, the list whose elements are the rows.
        """
        ...

    def rows(self, name: str, key: str = "") -> Iterator[tuple[str, Any]]:
        """Yield where each row is, and the row; rows that cannot be parsed are added to the problems."""
        ...

    def element_blocks(self, name: str) -> Iterator[tuple[str, RowBlock]]:
        """Yield the elements of all lists of a JSON object with the key of their list, in the order of the file."""
        ...

    def document(self, name: str) -> Any:
        """Return the value of a whole JSON file.

        Raises:
            JsonSyntaxError: it is broken, or larger than a row may be.
        """
        ...

    def text(self, name: str) -> str:
        """Return the content of a text file.

        Raises:
            RowError: it is too large.
        """
        ...

    def has(self, name: str) -> bool:
        """Return whether there is a file of this name in any directory."""
        ...

    def embed(self, data: bytes | str, where: str, name: str = "") -> str:
        """Keep an image that is written in a row; return the reference for its record.

        Args:
            data: bytes, base64, or a data URL.
            name: what the row calls it.

        Raises:
            RowError: it is too large, or there are too many.
        """
        ...


class Reader(Protocol):
    """Turns the annotation files of one format into records; a new one is a file and a line in ``READERS``."""

    @property
    def name(self) -> str:
        """The ``format`` that chooses this reader."""
        ...

    @property
    def label(self) -> str: ...

    @property
    def needs(self) -> str:
        """What a row must have, for messages."""
        ...

    def fit(self, head: Head) -> float:
        """Return the share of the first rows that this reader understands; 0 for a file of another format."""
        ...

    def read(self, name: str, files: Files) -> Iterator[Found]:
        """Yield the records of a file; rows that are left out are added to the problems of *files*."""
        ...


@dataclass(frozen=True)
class RowReader:
    """A reader of files in which each row is a record, or several, independent of the other rows."""

    name: str
    label: str
    needs: str
    fits: Callable[[Row], bool]
    """Whether a row has the shape of this format."""
    read_row: Callable[[Row, str, Files], Iterable[Record]]
    """Return the records of a row. Raises RowError for a row that is left out."""
    converter: Callable[[Sequence[Any]], Callable[[Row], Row] | None] | None = None
    """Return what is done to each row before, from the first rows of a file."""
    unread: Callable[[Sequence[Any]], list[str]] | None = None
    """Return the columns that are not stored, from the first rows of a file; they are noted."""
    read_columns: Callable[[RowBlock], RecordColumns | None] = lambda block: None
    """Return the records of several rows, those that ``read_row`` makes of each; None when it has to be asked."""

    def fit(self, head: Head) -> float:
        return max(self._fit_of(rows) for rows in (head.rows, *head.lists.values()))

    def read(self, name: str, files: Files) -> Iterator[Found]:
        head = files.heads[name]
        key = self._key(head)
        first = head.lists[key] if key else head.rows
        convert = self.converter(first) if self.converter else None
        if self.unread and (unread := self.unread(first)):
            files.problems.note(name, f"Not stored, since entries have no such fields: {', '.join(unread)[:300]}.")
        for block in files.blocks(name, key):
            found = None if convert else self.read_columns(block)
            if found is not None:
                yield found
            else:
                yield from self._row_by_row(block, convert, files)

    def _row_by_row(self, block: RowBlock, convert: Callable[[Row], Row] | None, files: Files) -> Iterator[Record]:
        read_row, problems = self.read_row, files.problems
        for where, row in block.sound(problems):
            if not isinstance(row, dict):
                problems.add(where, "This row is no object with names and values. Give every row the same shape.")
                continue
            try:
                yield from read_row(convert(row) if convert else row, where, files)
            except RowError as error:
                problems.add(where, str(error))

    def _fit_of(self, rows: Sequence[Any]) -> float:
        return sum(isinstance(row, dict) and self.fits(row) for row in rows) / max(len(rows), 1)

    def _key(self, head: Head) -> str:
        """Return the key of the list that has the rows; "" for rows at the top."""
        return "" if head.rows else max(head.lists, key=lambda key: self._fit_of(head.lists[key]), default="")
