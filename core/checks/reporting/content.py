"""What a section of the report consists of; texts are plain, and escaped where they are written as HTML."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from core.pluralize import pluralize

NOT_MEASURED = "Not measured for the entries of this export."


@dataclass(frozen=True)
class Fact:
    """A number with what it is and how it was computed."""

    label: str
    value: str
    how: str = ""


@dataclass(frozen=True)
class Table:
    """Rows of texts; *share_column* is drawn as bars too, its values are percentages such as ``83%``."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str = ""
    share_column: int | None = None


@dataclass(frozen=True)
class Example:
    """An entry with its first image as a small JPEG; None where there is no picture to show."""

    image_name: str
    picture: bytes | None
    question: str
    answer: str
    about: str


@dataclass(frozen=True)
class Section:
    """A part of the report."""

    title: str
    sentence: str = ""
    facts: tuple[Fact, ...] = ()
    tables: tuple[Table, ...] = ()
    examples: tuple[Example, ...] = ()
    how: str = ""
    """How its numbers were computed."""
    of: str = ""
    """Of which entries they are, in words; empty: of all that were not rejected."""
    at: datetime | None = None
    """When they were measured; None: they are counted when the report is made."""
    not_run: str = ""
    """How to run what was not run; a section that has it has no numbers."""


def percent(share: float) -> str:
    """Return a share of 0 to 1 as a percentage."""
    if 0 < share <= 0.005:  # a half is rounded to the even number: to 0, and to 100
        return "under 1%"
    return "over 99%" if 0.995 <= share < 1 else f"{share:.0%}"


def of_all(count: int, total: int) -> str:
    """Return a count with its percentage of all."""
    return f"{count:,} of {total:,} ({percent(count / total)})" if total else f"{count:,}"


def counted(what: str, counts: Iterable[tuple[str, int]], total: int, *, at_most: int = 20) -> Table:
    """Return the table of how often each value occurs, the most frequent first."""
    ordered = sorted(counts, key=lambda pair: (-pair[1], pair[0]))
    shown = ordered[:at_most]
    rows = [(value, f"{count:,}", percent(count / total) if total else "") for value, count in shown]
    if hidden := ordered[at_most:]:
        count = sum(number for _, number in hidden)
        rows.append((f"{pluralize(len(hidden), 'other value')}", f"{count:,}", percent(count / total)))
    return Table((what, "Entries", "Share"), tuple(rows), share_column=2)
