"""One act on many entries, in SQL: its size does not matter, and it is taken back as a whole.

Old values differ from entry to entry, but there are few different ones: the entries are taken in groups of equal
old values, so that each event still carries both sides.
"""

import json
from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import JSON, String, and_, cast, func, insert, literal, select, update
from sqlalchemy.sql.selectable import Select
from sqlmodel import Session, col

from core.dataset.changes import Act, columns_of, overlaid
from core.dataset.conditions import Condition
from core.dataset.review import BulkResult, UndoResult
from core.dataset.values import normal_score, normal_tags
from core.db import Events, ImageDatasets, utc_now
from core.db.base import UtcDateTime
from core.errors import InvalidInputError

Values = dict[str, Any]
_Entry = ImageDatasets


def bulk_change(session: Session, where: list[Condition], action: str, value: Any, act: Act) -> BulkResult:
    """Do *action* to every entry that meets *where*.

    Raises:
        InvalidInputError: there is no such act, or its value makes no sense.
    """
    names, renew = _meaning(action, value)
    groups = [(old, new) for old in _groups(session, where, names) if (new := renew(old)) != old]
    changed = sum(_record_group(session, where, old, new, act) for old, new in groups)
    _write_recorded(session, act.batch_id)
    return BulkResult(act.batch_id, changed)


def undo_bulk(session: Session, batch_id: str, act: Act) -> UndoResult:
    """Take back an act on many entries; what someone changed since stays, and is counted."""
    standing = and_(col(Events.batch_id) == batch_id, col(Events.undone_by).is_(None))
    total = session.execute(select(func.count()).select_from(Events).where(standing)).scalar_one()
    last_id = session.execute(select(func.max(Events.id)).where(standing)).scalar_one() or 0
    action = session.scalars(select(col(Events.action)).where(standing).limit(1)).first() or "bulk"
    undone = 0
    for old_text, new_text in _event_groups(session, batch_id):
        old, new = json.loads(old_text), json.loads(new_text)
        ours = col(_Entry.id).in_(_entry_ids(batch_id, old_text, new_text).where(col(Events.undone_by).is_(None)))
        untouched = ~overlaid(col(_Entry.id), old, last_id)
        undone += _record_group(session, [ours, untouched], {name: new[name] for name in old}, old, act)
    undoing = select(col(Events.entity_id)).where(col(Events.batch_id) == act.batch_id)
    mark = session.execute(select(func.min(Events.id)).where(col(Events.batch_id) == act.batch_id)).scalar_one()
    session.execute(
        update(Events)
        .where(standing, col(Events.entity_id).in_(undoing))
        .values(undone_by=mark)
        .execution_options(synchronize_session=False)
    )
    _write_recorded(session, act.batch_id)
    return UndoResult(act.batch_id, (), undone, total - undone, action)


def _meaning(action: str, value: Any) -> tuple[tuple[str, ...], Callable[[Values], Values]]:
    """Return the columns of *action*, and new values from old ones; doing it twice changes nothing more."""
    decision = ("confirmed", "rejected", "reject_reason")
    if action == "confirm":
        return decision, lambda old: {"confirmed": True, "rejected": False, "reject_reason": ""}
    if action == "reject":
        return decision, lambda old: {"confirmed": False, "rejected": True, "reject_reason": str(value or "")}
    if action == "reopen":
        return decision, lambda old: {"confirmed": False, "rejected": False, "reject_reason": ""}
    if action == "rate":
        score = normal_score(value)
        return ("score",), lambda old: {"score": score}
    if action == "tag":
        return ("tags",), lambda old: {"tags": normal_tags(f"{old['tags']},{value}")}
    if action == "untag":
        gone = set(normal_tags(value).split(","))
        return ("tags",), lambda old: {"tags": ",".join(tag for tag in old["tags"].split(",") if tag not in gone)}
    if action == "delete":
        return ("deleted",), lambda old: {"deleted": True}
    raise InvalidInputError(
        f"{action} is not done to many entries at once. Use confirm, reject, reopen, rate, tag, untag or delete.",
        field="action",
    )


def _groups(session: Session, where: list[Condition], names: tuple[str, ...]) -> Iterable[Values]:
    if names == ("deleted",):
        return [{"deleted": False}]
    columns = [getattr(_Entry, name) for name in names]
    rows = session.execute(select(*columns).where(*where).distinct()).all()
    return [dict(zip(names, row, strict=True)) for row in rows]


def _has(values: Values) -> list[Condition]:
    return [
        (col(_Entry.deleted_at).is_not(None) if value else col(_Entry.deleted_at).is_(None))
        if name == "deleted"
        else getattr(_Entry, name) == value
        for name, value in values.items()
    ]


def _record_group(session: Session, where: list[Condition], old: Values, new: Values, act: Act) -> int:
    names = ("batch_id", "project_id", "entity", "entity_id", "action", "actor", "at", "old", "new")
    rows = select(
        literal(act.batch_id), col(_Entry.project_id), literal("entry"), col(_Entry.id), literal(act.action),
        literal(act.actor), literal(utc_now(), UtcDateTime()), literal(old, JSON()), literal(new, JSON()),
    ).where(*where, *_has(old))  # fmt: skip
    statement = insert(Events).from_select(list(names), rows).execution_options(preserve_rowcount=True)
    return int(session.connection().execute(statement).rowcount)


def _write_recorded(session: Session, batch_id: str) -> None:
    """Write the new values of the act's events to their entries."""
    for old_text, new_text in _event_groups(session, batch_id):
        session.execute(
            update(_Entry)
            .where(col(_Entry.id).in_(_entry_ids(batch_id, old_text, new_text)))
            .values(**columns_of(json.loads(new_text)), version=col(_Entry.version) + 1, update_at=utc_now())
            .execution_options(synchronize_session=False)
        )


def _entry_ids(batch_id: str, old_text: str, new_text: str) -> Select[Any]:
    return select(col(Events.entity_id)).where(
        col(Events.batch_id) == batch_id,
        cast(col(Events.old), String) == old_text,
        cast(col(Events.new), String) == new_text,
    )


def _event_groups(session: Session, batch_id: str) -> list[tuple[str, str]]:
    query = (
        select(cast(col(Events.old), String), cast(col(Events.new), String))
        .where(col(Events.batch_id) == batch_id, col(Events.undone_by).is_(None))
        .distinct()
    )
    return [(old, new) for old, new in session.execute(query).all()]
