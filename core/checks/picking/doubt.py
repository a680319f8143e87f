"""How doubtful each entry is, from whatever is known of it; a new source is one line of ``SOURCES``.

Sources are combined as independent chances that the answer is wrong: 1 minus the product of (1 - weight x doubt).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from core.checks.answers import is_long
from core.checks.asking.consensus import OTHER
from core.checks.base import CheckedEntry
from core.checks.store import newest_run
from core.checks.tools import CONTRADICTS
from core.db import EntryFindings, ImageDatasets

Doubts = Iterable[tuple[str, float]]
"""Ids of entries with their doubt, 0 to 1; entries that a source says nothing of are left out."""
_TOP_STARS = 5


@dataclass(frozen=True)
class Source:
    """A source of doubt: *weight* is the chance of a wrong answer at full doubt, and *label* says why."""

    name: str
    label: str
    weight: float
    read: Callable[[Session, str], Doubts]
    counts_long: bool = True
    """Whether it says something of long free texts."""


def _having(condition: bool) -> Callable[[Session, str], Doubts]:
    """Return a reader with full doubt for the entries that fulfill an SQL condition."""

    def read(session: Session, project_id: str) -> Doubts:
        query = select(ImageDatasets.id).where(
            ImageDatasets.project_id == project_id, col(ImageDatasets.deleted_at).is_(None), condition
        )
        return ((id_, 1.0) for id_ in session.exec(query))

    return read


def _stars(session: Session, project_id: str) -> Doubts:
    """The fewer stars, the more doubt; entries without stars are left out."""
    query = select(ImageDatasets.id, ImageDatasets.score).where(
        ImageDatasets.project_id == project_id, col(ImageDatasets.deleted_at).is_(None), ImageDatasets.score > 0
    )
    return ((id_, 1 - score / _TOP_STARS) for id_, score in session.exec(query))


def _found(check: str, doubt: Callable[[str, float | None], float]) -> Callable[[Session, str], Doubts]:
    """Return a reader of what the newest run of a check found; *doubt* takes the verdict and the score."""

    def read(session: Session, project_id: str) -> Doubts:
        run = newest_run(session, project_id, check)
        if run is None:
            return ()
        query = select(EntryFindings.entry_id, EntryFindings.verdict, EntryFindings.score)
        found = session.exec(query.where(EntryFindings.run_id == run.id))
        return ((id_, doubt(verdict, score)) for id_, verdict, score in found)

    return read


SOURCES = (
    Source("marked", "marked when it was generated", 0.8, _having(ImageDatasets.needs_review != "")),
    Source("flagged", "flagged for a second look", 0.8, _having(ImageDatasets.flagged == True)),  # noqa: E712 - SQL
    Source("disputed", "another model answered differently", 0.6, _having(ImageDatasets.disputes > 0)),
    Source("stars", "few stars", 0.5, _stars),
    # An answer that its question makes unlikely is rare or wrong.
    Source("unlikely", "unlikely for the question", 0.5,
           _found("guessable", lambda verdict, score: 1 - (score or 0.0)), counts_long=False),
    Source("tools", "contradicted by a tool", 0.9, _found("tools", lambda verdict, _: float(verdict == CONTRADICTS))),
    Source("consensus", "models answer otherwise or disagree", 0.7,
           _found("consensus", lambda verdict, score: 1.0 if verdict == OTHER else score or 0.0)),
)  # fmt: skip


def doubts(session: Session, project_id: str, entries: Sequence[CheckedEntry]) -> tuple[list[float], list[list[str]]]:
    """Return the doubt of each entry, 0 to 1, and the names of the sources that raise it by at least a quarter."""
    trust, why = [1.0] * len(entries), [[] for _ in entries]  # type: list[float], list[list[str]]
    for source in SOURCES:
        found: Mapping[str, float] = dict(source.read(session, project_id))
        for place, entry in enumerate(entries):
            doubt = found.get(entry.id, 0.0)
            if not doubt or (not source.counts_long and is_long(entry)):
                continue
            trust[place] *= 1 - source.weight * doubt
            if source.weight * doubt >= 0.25:
                why[place].append(source.name)
    return [1 - one for one in trust], why
