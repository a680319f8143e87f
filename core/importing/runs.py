"""Streams of rows: runs of them as a file gives them, and the rows that cannot be read."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import count, repeat
from typing import Any, NamedTuple

Rows = Iterator[tuple[int, int, Any]]
"""Number from 1, line from 1 or 0 where a line holds several rows, and the value: a row that is no JSON is a BadRow."""


class BadRow:
    """Stands in a stream for a row that cannot be read."""

    __slots__ = ("reason",)

    def __init__(self, reason: str) -> None:
        self.reason = reason


class Run(NamedTuple):
    """Rows that follow each other."""

    first: int
    """The number of the first one, from 1."""
    lines: Sequence[int]
    """On which each row begins; empty where a line holds several rows."""
    values: list[Any]
    """A row that cannot be read is a BadRow."""


def rows_in(runs: Iterable[Run]) -> Rows:
    """Yield the rows of runs one by one."""
    for first, lines, values in runs:
        yield from zip(count(first), lines or repeat(0), values, strict=False)
