"""Undo one action; entries that a later action changed are skipped and counted as conflicts."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, insert, literal, not_, or_, update
from sqlalchemy import select as select_columns
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from core.dataset.bulk import BULK_FIELDS, EVENT_COLUMNS, RESOLVED, apply_events, has_event_value
from core.dataset.edits import UserAction, batch_of, conflict, record_event, value_of, write
from core.db import Events, ImageDatasets, new_id, utc_now
from core.db.base import UtcDateTime
from core.db.json_sql import json_has_key
from core.errors import ConflictError, ForbiddenError, NotFoundError

_TWIN = "twin"

_OF_EDITORS = frozenset({"create", "delete"})
"""Actions on entries whose undo needs the role of an editor."""


@dataclass(frozen=True)
class UndoResult:
    """What an undo did; *conflicts* entries were changed since by another action, and stay as they are."""

    batch_id: str
    """The batch of the undo itself, not of the action that it undid."""
    entry_ids: tuple[str, ...]
    """The entry of an action on one entry; empty for an action on many."""
    undone: int
    conflicts: int
    action: str


def undo(
    session: Session, project_id: str, batch_id: str | None, action: UserAction, *, only_own: bool = False
) -> UndoResult | None:
    """Undo the action with *batch_id*, or the actor's last one; the reason of a rejection is no action of its own.

    Args:
        only_own: refuse the action of somebody else, and a deletion or a creation.

    Returns:
        None when there is nothing to undo or this undo was already applied.

    Raises:
        ConflictError: a later action changed every one of its entries.
        ForbiddenError: *only_own* does not allow it.
    """
    is_last = batch_id is None
    batch_id = batch_id or _last_batch(session, project_id, action.actor)
    events = _events_not_undone(session, batch_id, limit=2) if batch_id else []
    if not events or events[0].project_id != project_id or batch_of(session, action.batch_id) is not None:
        return None
    if only_own and (events[0].actor != action.actor or events[0].action in _OF_EDITORS):
        raise ForbiddenError("This was done by somebody else, or is a deletion: ask an editor or owner to undo it.")
    if len(events) == 1:
        result = _undo_event(session, events[0], action)
        rejection = _rejection_with_reason(session, events[0]) if is_last else None
        return result if rejection is None else _undo_event(session, rejection, replace(action, batch_id=new_id()))
    result = _undo_batch(session, events[0], replace(action, came_from=None))
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


def _rejection_with_reason(session: Session, event: Events) -> Events | None:
    """Return the rejection that *event* gave its reason, by the same actor; None when it did something else."""
    if event.action != "reject" or "reject_reason" not in event.new or "rejected" in event.new:
        return None
    query = select(Events).where(
        Events.entity_id == event.entity_id, Events.actor == event.actor, col(Events.id) < (event.id or 0),
        col(Events.action) != "undo", col(Events.undone_by).is_(None),
    )  # fmt: skip
    earlier = session.exec(query.order_by(col(Events.id).desc()).limit(1)).first()
    return earlier if earlier is not None and earlier.new.get("rejected") is True else None


def _not_undone(batch_id: str) -> ColumnElement[bool]:
    return and_(col(Events.batch_id) == batch_id, col(Events.entity) == "entry", col(Events.undone_by).is_(None))


def _events_not_undone(session: Session, batch_id: str, *, limit: int | None) -> list[Events]:
    query = select(Events).where(_not_undone(batch_id)).order_by(col(Events.id).desc())
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


def _undo_batch(session: Session, event: Events, action: UserAction) -> UndoResult:
    """Undo the batch of *event*; events whose entry a later action changed are skipped and counted.

    Its events come from one bulk action, or create entries; those of twins add one entry and tag the other one.
    """
    not_undone = _not_undone(event.batch_id)
    total, last_id = session.execute(select(func.count(), func.max(Events.id)).where(not_undone)).one()
    if event.action != _TWIN and event.old and BULK_FIELDS.issuperset(event.old):
        undone = _undo_in_sql(session, not_undone, last_id, action)
    else:
        undone = _undo_one_by_one(session, _events_not_undone(session, event.batch_id, limit=None), action)
    marked = not_undone if undone == total else and_(not_undone, _has_undo(action.batch_id, last_id))
    session.execute(
        update(Events)
        .where(marked)
        .values(undone_by=_first_event_id(session, action.batch_id))
        .execution_options(synchronize_session=False)
    )
    return UndoResult(action.batch_id, (), undone, total - undone, event.action)


def _undo_in_sql(session: Session, where: ColumnElement[bool], last_id: int, action: UserAction) -> int:
    """Undo the events of a bulk action on entries not changed since; return how many.

    They have the same fields, but for those that resolved a disagreement, which have one more.
    """
    resolves = json_has_key(Events.old, RESOLVED)
    undone = 0
    for part in (and_(where, not_(resolves)), and_(where, resolves)):
        event = session.exec(select(Events).where(part).limit(1)).first()
        if event is not None:
            undone += _add_undo_events(session, part, event.old, last_id, action)
            apply_events(session, action.batch_id, event.old)
    return undone


def _add_undo_events(
    session: Session, where: ColumnElement[bool], fields: Iterable[str], last_id: int, action: UserAction
) -> int:
    """Add the undo events of the entries not changed since, with old and new values swapped; return how many."""
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


def _has_undo(batch_id: str, last_id: int) -> ColumnElement[bool]:
    """Return whether an event after *last_id*, of the undo with this batch, is about the same entry."""
    undo = aliased(Events)
    # Found by its entry. An expression of the batch keeps PostgreSQL from reading the whole batch for each entry: it
    # has no statistics of a batch that was just made, and believes it small.
    is_of_batch = func.coalesce(undo.batch_id, "") == batch_id
    return exists().where(col(undo.entity_id) == col(Events.entity_id), col(undo.id) > last_id, is_of_batch)


def _undo_one_by_one(session: Session, events: Iterable[Events], action: UserAction) -> int:
    undone = 0
    for event in events:
        try:
            undone += _undo_event(session, event, action).undone
        except (ConflictError, NotFoundError):
            continue  # counted by the caller
    return undone


def _changed_since(entry_id: Any, fields: Iterable[str], event_id: int) -> ColumnElement[bool]:
    """Return whether an action after *event_id* wrote one of *fields* of the entry and was not undone."""
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
