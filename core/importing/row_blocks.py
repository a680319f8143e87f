"""Rows that follow each other in a file, by row and by column."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from operator import itemgetter
from typing import Any

from core.importing.problems import Problems
from core.importing.runs import BadRow, Run

ROWS_PER_BLOCK = 250
"""An odd row has its neighbors read row by row; with 250, what is done once for each block hardly counts."""


class RowBlock:
    """Some rows of a file with their places.

    What many rows need is done for a whole column in a few calls: a file whose rows have one shape is read several
    times as fast as row by row.
    """

    def __init__(self, places: list[str], rows: list[Any]) -> None:
        """
        Args:
            places: ``file:line`` or ``file row n`` of each row.
            rows: a row that cannot be read is a BadRow.
        """
        self.places = places
        self.rows = rows

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of the values of every row, in their order; () when the rows differ in them or are no objects."""
        if {*map(type, self.rows)} != {dict}:
            return ()
        names = tuple(self.rows[0])
        return names if [*map(tuple, self.rows)].count(names) == len(self.rows) else ()

    def column(self, name: str) -> list[Any]:
        """Return a value of every row; [] when not all rows are objects that have it."""
        try:
            return list(map(itemgetter(name), self.rows))
        except (KeyError, TypeError):
            return []

    def is_empty(self, name: str) -> bool:
        """Return whether no row has a value of this name; "" is the name of a column that there is not."""
        return not name or self.column(name).count(None) == len(self.rows)

    def sound(self, problems: Problems) -> Iterator[tuple[str, Any]]:
        """Yield place and row of those that can be read; the others are added to *problems*."""
        for where, row in zip(self.places, self.rows, strict=True):
            if isinstance(row, BadRow):
                problems.add(where, row.reason)
            else:
                yield where, row


def blocks_of(run: Run, name: str, kind: str = "row") -> Iterator[RowBlock]:
    """Yield the rows of a run in blocks.

    Args:
        name: of the file.
        kind: what the rows are called where a line holds several of them.
    """
    first, lines, values = run
    prefix = f"{name}:" if lines else f"{name} {kind} "
    numbers: Sequence[int] = lines or range(first, first + len(values))
    for start in range(0, len(values), ROWS_PER_BLOCK):
        end = start + ROWS_PER_BLOCK
        yield RowBlock([f"{prefix}{number}" for number in numbers[start:end]], values[start:end])
