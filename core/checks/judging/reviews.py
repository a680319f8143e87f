"""What people decided about entries, one entry at a time."""

from dataclasses import replace

from sqlalchemy import func
from sqlmodel import Session, col, select

from core.checks import store
from core.checks.base import CheckedEntry
from core.dataset.filters import EntryFilter
from core.db import Events

_DECIDING = ("confirm", "reject")


def read_reviewed(session: Session, project_id: str, *, run_id: str | None = None) -> list[CheckedEntry]:
    """Return all entries, rejected ones too, with the verdicts that people gave; with *run_id*, those of a run.

    A bulk action is no verdict: nobody looked at each of its entries, and a search may have chosen them.
    """
    in_bulk = _decided_in_bulk(session, project_id)
    return [
        replace(entry, verdict=entry.is_confirmed)
        if (entry.is_confirmed or entry.is_rejected) and entry.id not in in_bulk else entry
        for entry in store.read_entries(session, project_id, EntryFilter(), run_id=run_id, with_rejected=True)
    ]  # fmt: skip


def _decided_in_bulk(session: Session, project_id: str) -> set[str]:
    decisions = (
        Events.project_id == project_id, col(Events.action).in_(_DECIDING), col(Events.undone_by).is_(None),
    )  # fmt: skip
    large = select(Events.batch_id).where(*decisions).group_by(col(Events.batch_id)).having(func.count() > 1)
    of_large = select(Events.entity_id).where(*decisions, col(Events.batch_id).in_(large))
    alone = select(Events.entity_id).where(*decisions, col(Events.batch_id).not_in(large))
    in_bulk, by_itself = set[str](session.exec(of_large)), set[str](session.exec(alone))
    return in_bulk - by_itself
