"""Review: decisions on one entry, their history, and the way back."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from core.dataset.changes import Act, change, check_version, conflict, entry_by_id, is_done, overlaid, value_of, write
from core.dataset.second_review import read_again
from core.db import Events, ImageDatasets
from core.errors import InvalidInputError, NotFoundError

DECISIONS: dict[str, dict[str, Any]] = {
    "confirm": {"confirmed": True},
    "reject": {"rejected": True},
    "reopen": {"confirmed": False, "rejected": False},
    "skip": {},
    "flag": {"flagged": True},
    "unflag": {"flagged": False},
    "rate": {},
    "edit": {},
    "tag": {},
    "note": {},
}
"""What each decision means in columns; the last four say it in their changes."""

REJECT_REASONS = ("wrong answer", "bad question", "not in the image", "unclear image", "duplicate")


@dataclass(frozen=True)
class Decided:
    """An entry after a decision; *batch_id* takes it back."""

    entry: ImageDatasets
    batch_id: str


@dataclass(frozen=True)
class UndoResult:
    """What an undo did: *kept* entries had been changed by someone else since, and stay as they are."""

    batch_id: str
    entry_ids: tuple[str, ...]
    undone: int
    kept: int
    action: str


@dataclass(frozen=True)
class BulkResult:
    batch_id: str
    changed: int


@dataclass(frozen=True)
class HistoryEvent:
    id: int
    action: str
    actor: str
    at: datetime
    old: dict[str, Any]
    new: dict[str, Any]
    is_undone: bool


def decide(session: Session, entry_id: str, version: int, decision: str, changes: dict[str, Any], act: Act) -> Decided:
    """Store one decision, together with *changes* to the entry.

    An act that is stored already is answered with the entry as it is now.

    Raises:
        ConflictError: the entry is not the one the person saw.
    """
    if decision not in (*DECISIONS, "second"):
        raise InvalidInputError(f"{decision} is not a decision. Use one of {', '.join(DECISIONS)}.", field="decision")
    entry = entry_by_id(session, entry_id)
    if is_done(session, act.batch_id):
        return Decided(entry, act.batch_id)
    if decision == "second":
        check_version(entry, version, changes)
        return Decided(read_again(session, entry, changes, act), act.batch_id)
    if decision == "skip":
        check_version(entry, version, changes)
        session.add(_event(entry, act, {}, {}))
        return Decided(entry, act.batch_id)
    return Decided(change(session, entry, DECISIONS[decision] | changes, act, version=version), act.batch_id)


def history(session: Session, entry_id: str) -> list[HistoryEvent]:
    """Return what was done to the entry, oldest first."""
    query = select(Events).where(Events.entity_id == entry_id).order_by(col(Events.id))
    return [
        HistoryEvent(
            event.id or 0, event.action, event.actor, event.at, event.old, event.new, event.undone_by is not None
        )
        for event in session.exec(query)
    ]


def last_act(session: Session, project_id: str, actor: str) -> str | None:
    """Return the batch of what *actor* did last to entries of the project and has not taken back.

    Making an entry is no act of review: whoever undoes everything keeps the entries.
    """
    query = (
        select(Events.batch_id)
        .where(
            Events.project_id == project_id,
            Events.actor == actor,
            Events.entity == "entry",
            col(Events.action).not_in(("undo", "create")),
            col(Events.undone_by).is_(None),
        )
        .order_by(col(Events.id).desc())
        .limit(1)
    )
    return session.exec(query).first()


def undo_one(session: Session, event: Events, act: Act) -> UndoResult:
    """Take one event back, if what it wrote still stands.

    Raises:
        ConflictError: someone changed the same fields since.
    """
    entry = session.get(ImageDatasets, event.entity_id)
    if entry is None:
        raise NotFoundError("This entry does not exist any more, so nothing can be taken back.")
    later = bool(event.old) and session.scalar(select(overlaid(entry.id, event.old, event.id or 0)))
    if later or any(value_of(entry, name) != event.new[name] for name in event.old):
        raise conflict(entry, event.old)
    if event.old:
        write(session, entry, event.old, act)
    else:
        session.add(_event(entry, act, {}, {}))
    session.flush()
    event.undone_by = session.exec(select(Events.id).where(Events.batch_id == act.batch_id)).first()
    session.add(event)
    return UndoResult(act.batch_id, (entry.id,), 1, 0, event.action)


def standing_events(session: Session, batch_id: str, limit: int) -> list[Events]:
    """Return the events of an act that have not been taken back, newest first."""
    query = (
        select(Events)
        .where(Events.batch_id == batch_id, Events.entity == "entry", col(Events.undone_by).is_(None))
        .order_by(col(Events.id).desc())
        .limit(limit)
    )
    return list(session.exec(query))


def _event(entry: ImageDatasets, act: Act, old: dict[str, Any], new: dict[str, Any]) -> Events:
    return Events(
        batch_id=act.batch_id, project_id=entry.project_id, entity="entry", entity_id=entry.id,
        action=act.action, actor=act.actor, old=old, new=new,
    )  # fmt: skip
