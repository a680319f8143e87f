"""What checks say of the entries as they are now, without a task and without storing anything."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from core.checks import balance, guessable, store, verifiable
from core.checks.base import CheckContext, CheckedEntry
from core.checks.options import validated
from core.dataset.filters import EntryFilter
from core.dataset.matching import EntryFilters, matching
from core.db import Database, EntryFindings, ImageDatasets, Projects
from core.errors import NotFoundError


@dataclass(frozen=True)
class Guessability:
    """How many answers can be guessed from the questions alone; shares are 0 to 1."""

    share: float
    majority_share: float
    """Of answers that always giving the most frequent answer guesses."""
    by_kind: dict[str, float]
    """The share by kind of question, of the 20 kinds with most entries."""
    entries: dict[str, float]
    """By id of the entry, the chance with which its answer is guessed."""
    interval: tuple[float, float]
    """Of the share, at 95 %."""


@dataclass(frozen=True)
class Pruning:
    """Which entries to leave out so that fewer answers can be guessed."""

    share_before: float
    share_after: float
    is_reached: bool
    """Whether *share_after* is at most the target."""
    entry_ids: tuple[str, ...]
    """Of the entries to leave out, those that give most away first."""


@dataclass(frozen=True)
class Verifiability:
    """How many answers a program can verify."""

    share: float
    checkers: dict[str, int]
    """How many answers each checker verifies."""
    entries: dict[str, str]
    """By id of the entry, its checker; ``no`` when there is none."""


def guessability(db: Database, project_id: str, filters: EntryFilters) -> Guessability:
    """See :meth:`core.checks.DatasetChecks.guessability`."""
    with db.reading() as session:
        if (stored := _stored_guessability(session, project_id, filters)) is not None:
            return stored
    found = guessable.CHECK.run(_context(db, project_id, filters), guessable.Options())
    return _guessability(found.result, {one.entry_id: one.score or 0.0 for one in found.findings})


def pruning(db: Database, project_id: str, filters: EntryFilters, options: dict[str, Any]) -> Pruning:
    """See :meth:`core.checks.DatasetChecks.pruning`."""
    chosen = validated(balance.Options, options)
    found = balance.CHECK.run(_context(db, project_id, filters), chosen)
    result = found.result
    return Pruning(
        result["before"]["share"], result["after"]["share"], result["reached"],
        tuple(one.entry_id for one in found.findings),
    )  # fmt: skip


def verifiability(db: Database, project_id: str, filters: EntryFilters) -> Verifiability:
    """See :meth:`core.checks.DatasetChecks.verifiability`."""
    found = verifiable.CHECK.run(_context(db, project_id, filters), verifiable.Options())
    return Verifiability(
        found.result["share"], found.result["checkers"], {one.entry_id: one.verdict for one in found.findings}
    )


def _context(db: Database, project_id: str, filters: EntryFilters) -> CheckContext:
    with db.reading() as session:
        return CheckContext(_entries(session, project_id, filters), lambda share, step: None)


def _entries(session: Session, project_id: str, filters: EntryFilters) -> Sequence[CheckedEntry]:
    project = session.get(Projects, project_id)
    if project is None or project.deleted_at is not None:
        raise NotFoundError("This project does not exist any more. Choose another one.")
    entries = store.read_entries(session, project_id, EntryFilter())
    if not filters:
        return entries
    wanted = set(session.scalars(matching(project_id, filters).with_only_columns(col(ImageDatasets.id)).order_by(None)))
    return [entry for entry in entries if entry.id in wanted]


def _stored_guessability(session: Session, project_id: str, filters: EntryFilters) -> Guessability | None:
    """Return the numbers of the newest run, if it is about the same entries and none was written since it began."""
    line = filters.get("search", "")
    run = store.newest_run(session, project_id, guessable.CHECK.name)
    if (
        run is None
        or not run.result
        or run.query != line
        or any(name != "search" and filters.get(name) is not None for name in filters)
    ):
        return None
    newest = session.exec(select(func.max(ImageDatasets.update_at)).where(ImageDatasets.project_id == project_id)).one()
    if newest is None or newest >= run.create_at:
        return None
    scores = select(EntryFindings.entry_id, EntryFindings.score).where(EntryFindings.run_id == run.id)
    return _guessability(run.result, {entry_id: score or 0.0 for entry_id, score in session.exec(scores)})


def _guessability(result: dict[str, Any], scores: dict[str, float]) -> Guessability:
    low, high = result["interval"]
    return Guessability(
        share=result["share"], majority_share=result["majority"]["share"],
        by_kind={row["value"]: row["share"] for row in result["groups"]["kind"]}, entries=scores, interval=(low, high),
    )  # fmt: skip
