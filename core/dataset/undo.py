"""Undo: an action is undone as a whole, and never over what somebody changed since."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, insert, literal, or_, true, update
from sqlalchemy import select as select_columns
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from core.dataset.bulk import BULK_FIELDS, EVENT_COLUMNS, has_event_value, write_events
from core.dataset.edits import UserAction, conflict, is_recorded, record_event, value_of, write
from core.db import Events, ImageDatasets, utc_now
from core.db.base import UtcDateTime
from core.db.json_sql import json_has_key, json_keys
from core.errors import ConflictError, NotFoundError


@dataclass(frozen=True)
class UndoResult:
    """What an undo did; *conflicts* entries were changed since by another action, and stay as they are."""

    batch_id: str
    entry_ids: tuple[str, ...]
    undone: int
    conflicts: int
    action: str


def undo(session: Session, project_id: str, batch_id: str | None, action: UserAction) -> UndoResult | None:
    """Undo the action with *batch_id*, or the actor's last one; None when there is nothing to undo.

    Raises:
        ConflictError: everything it changed was changed again since.
    """
    batch_id = batch_id or _last_batch(session, project_id, action.actor)
    standing = _standing_events(session, batch_id, limit=2) if batch_id else []
    if not standing or standing[0].project_id != project_id or is_recorded(session, action.batch_id):
        return None
    if len(standing) == 1:
        return _undo_event(session, standing[0], action)
    result = _undo_batch(session, standing[0].batch_id, action)
    if not result.undone:
        raise ConflictError("Every one of these entries was changed since. Nothing was undone.")
    return result


def _last_batch(session: Session, project_id: str, actor: str) -> str | None:
    """Return the actor's last action that is not undone; undo never reaches the creation of an entry this way."""
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


def _standing(batch_id: str) -> ColumnElement[bool]:
    return and_(col(Events.batch_id) == batch_id, col(Events.entity) == "entry", col(Events.undone_by).is_(None))


def _standing_events(session: Session, batch_id: str, *where: ColumnElement[bool], limit: int | None) -> list[Events]:
    query = select(Events).where(_standing(batch_id), *where).order_by(col(Events.id).desc())
    return list(session.exec(query.limit(limit)))


def _undo_event(session: Session, event: Events, action: UserAction) -> UndoResult:
    """Undo one event.

    Raises:
        NotFoundError: the row of the entry is gone.
        ConflictError: the same fields were changed since.
    """
    entry = session.get(ImageDatasets, event.entity_id)
    if entry is None:
        raise NotFoundError("This entry does not exist any more, so its last change cannot be undone.")
    is_overwritten = bool(event.old) and session.scalar(select(_changed_since(entry.id, event.old, event.id or 0)))
    if is_overwritten or any(value_of(entry, name) != event.new[name] for name in event.old):
        raise conflict(entry, event.old)
    if event.old:
        write(session, entry, event.old, action)
    else:
        record_event(session, entry, action, {}, {})
    session.flush()
    event.undone_by = _first_event_id(session, action.batch_id)
    session.add(event)
    return UndoResult(action.batch_id, (entry.id,), 1, 0, event.action)


def _undo_batch(session: Session, batch_id: str, action: UserAction) -> UndoResult:
    """Undo the events of a batch, and count those that were changed since."""
    total, last_id = session.execute(select(func.count(), func.max(Events.id)).where(_standing(batch_id))).one()
    name = session.scalars(select(col(Events.action)).where(_standing(batch_id)).limit(1)).one()
    undone = 0
    key_lists = session.scalars(select(json_keys(Events.old)).where(_standing(batch_id)).distinct()).all()
    for keys in key_lists:
        # With a single list of keys every event has it; comparing it would take a third of the time.
        is_single, fields = len(key_lists) == 1, keys.split(",")
        has_old_keys = true() if is_single else json_keys(Events.old) == keys
        has_new_keys = true() if is_single else json_keys(Events.new) == keys
        if BULK_FIELDS.issuperset(fields):
            undone += _undo_in_sql(session, and_(_standing(batch_id), has_old_keys), fields, last_id, action)
            write_events(session, action.batch_id, fields, has_new_keys)
        else:
            undone += _undo_one_by_one(session, _standing_events(session, batch_id, has_old_keys, limit=None), action)
    of_undone = select(Events.entity_id).where(Events.batch_id == action.batch_id)
    session.execute(
        update(Events)
        .where(_standing(batch_id), col(Events.entity_id).in_(of_undone))
        .values(undone_by=_first_event_id(session, action.batch_id))
        .execution_options(synchronize_session=False)
    )
    return UndoResult(action.batch_id, (), undone, total - undone, name)


def _undo_in_sql(
    session: Session, where: ColumnElement[bool], fields: list[str], last_id: int, action: UserAction
) -> int:
    """Add the undo events of the entries that nobody changed since, with both sides swapped; return how many."""
    rows = select_columns(
        literal(action.batch_id), col(Events.project_id), literal("entry"), col(Events.entity_id),
        literal(action.name), literal(action.actor), literal(utc_now(), UtcDateTime()), col(Events.new),
        col(Events.old),
    ).join_from(Events, ImageDatasets, col(ImageDatasets.id) == col(Events.entity_id)).where(
        where,
        *(has_event_value(Events.new, name) for name in fields),
        ~_changed_since(col(Events.entity_id), fields, last_id),
    )  # fmt: skip
    statement = insert(Events).from_select(list(EVENT_COLUMNS), rows).execution_options(preserve_rowcount=True)
    return int(session.connection().execute(statement).rowcount)


def _undo_one_by_one(session: Session, events: Iterable[Events], action: UserAction) -> int:
    undone = 0
    for event in events:
        try:
            undone += _undo_event(session, event, action).undone
        except (ConflictError, NotFoundError):
            continue  # counted by the caller
    return undone


def _changed_since(entry_id: Any, fields: Iterable[str], event_id: int) -> ColumnElement[bool]:
    """Whether an action after *event_id* that still stands wrote one of *fields* of the entry."""
    later = aliased(Events)
    return exists().where(
        col(later.entity_id) == entry_id,
        col(later.id) > event_id,
        col(later.undone_by).is_(None),
        col(later.action) != "undo",
        or_(*(json_has_key(later.old, name) for name in fields)),
    )


def _first_event_id(session: Session, batch_id: str) -> int | None:
    return session.exec(select(func.min(Events.id)).where(Events.batch_id == batch_id)).one()
