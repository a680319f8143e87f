"""The annotation files of an import: recognized, and read one after the other into records."""

from collections.abc import Iterator
from functools import cached_property
from typing import Any

from core.errors import InvalidInputError
from core.importing.delimited import DelimitedError
from core.importing.heads import head_of, rows_of
from core.importing.json_text import BadRow, JsonSyntaxError
from core.importing.opening import Container
from core.importing.problems import Problems
from core.importing.readers import not_recognized, readers_for, recognized
from core.importing.readers.base import Head
from core.importing.records import Record
from core.importing.table_files import TableFiles

MAX_FILE_BYTES = 64_000_000_000
"""Files are read as streams: the limit only bounds the time."""


class AnnotationFiles:
    """The annotation files of a container; what readers see of it is :class:`~core.importing.readers.base.Files`."""

    def __init__(
        self, container: Container, names: tuple[str, ...], problems: Problems, embedded: TableFiles | None = None
    ) -> None:
        """
        Args:
            embedded: where images that are written in rows are kept; without it they are only named.
        """
        self._container = container
        self._names = names
        self._embedded = embedded
        self.problems = problems
        self.formats: dict[str, str] = {}
        """The label of the reader by the name of the file; "" when none read it."""

    @cached_property
    def heads(self) -> dict[str, Head]:
        return {name: self._head(name) for name in self._names}

    def records(self, format_name: str = "auto") -> Iterator[Record]:
        """Yield the records of all files.

        Raises:
            InvalidInputError: there is no format *format_name*.
        """
        readers = readers_for(format_name)
        for name, head in self.heads.items():
            reader = recognized(head, readers)
            self.formats[name] = reader.label if reader else ""
            if reader is None:
                self.problems.add(name, not_recognized(head))
                continue
            try:
                yield from reader.read(name, self)
            except (JsonSyntaxError, DelimitedError, InvalidInputError) as error:
                self.problems.add(name, str(error))

    def rows(self, name: str, key: str = "") -> Iterator[tuple[str, Any]]:
        problems = self.problems
        with self._container.open(name, MAX_FILE_BYTES) as file:
            for number, line, value in rows_of(self.heads[name], file, key):
                where = f"{name}:{line}" if line else f"{name} row {number}"
                if isinstance(value, BadRow):
                    problems.add(where, value.reason)
                else:
                    yield where, value

    def has(self, name: str) -> bool:
        return name in self._base_names

    def embed(self, data: bytes | str, where: str, name: str = "") -> str:
        return self._embedded.embed(data, where, name) if self._embedded else name or where

    @cached_property
    def _base_names(self) -> frozenset[str]:
        return frozenset(name.rpartition("/")[2] for name in self._container.names())

    def _head(self, name: str) -> Head:
        try:
            with self._container.open(name, MAX_FILE_BYTES) as file:
                return head_of(name, file)
        except InvalidInputError as error:
            return Head(name, reason=str(error))
