"""Bulk actions: one action on many entries, in SQL, so that 100,000 entries take seconds.

Old values differ between entries, but few different ones occur. One INSERT ... SELECT for each of them writes the
events with old and new values, and one UPDATE then takes the new values from the events.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import JSON, ColumnElement, case, insert, literal, not_, null, select, update
from sqlmodel import Session, col

from core.dataset.conditions import Condition
from core.dataset.disputes import disputed
from core.dataset.edits import UserAction
from core.dataset.values import normal_score, normal_tags
from core.db import Events, ImageDatasets, utc_now
from core.db.base import UtcDateTime
from core.db.json_sql import json_has_key
from core.errors import InvalidInputError

Values = dict[str, Any]
RESOLVED = "flagged"
"""The field that only those events of a bulk action have that resolve a disagreement."""
_Entry = ImageDatasets
EVENT_COLUMNS = ("batch_id", "project_id", "entity", "entity_id", "action", "actor", "at", "old", "new")


@dataclass(frozen=True)
class BulkResult:
    """What a bulk action did; *batch_id* undoes it."""

    batch_id: str
    changed: int


@dataclass(frozen=True)
class BulkAction:
    """An action on many entries; *new_values* must be idempotent: results may be old values of other entries."""

    fields: tuple[str, ...]
    new_values: Callable[[Values, Any], Values]
    normalize: Callable[[Any], Any] = lambda value: value
    """Checks the action's value and returns its stored form."""
    resolves: bool = False
    """Whether it decides what two reviewers judged differently, whose flag then goes."""


def _decision(confirmed: bool, rejected: bool) -> BulkAction:
    return BulkAction(
        ("confirmed", "rejected", "reject_reason"),
        lambda old, reason: {
            "confirmed": confirmed, "rejected": rejected, "reject_reason": reason if rejected else "",
        },
        lambda value: str(value or ""),
        resolves=confirmed or rejected,
    )  # fmt: skip


def _without_tags(tags: str, removed: str) -> str:
    return ",".join(tag for tag in tags.split(",") if tag not in removed.split(","))


BULK_ACTIONS = {
    "confirm": _decision(confirmed=True, rejected=False),
    "reject": _decision(confirmed=False, rejected=True),
    "reopen": _decision(confirmed=False, rejected=False),
    "rate": BulkAction(("score",), lambda old, score: {"score": score}, normal_score),
    "tag": BulkAction(
        ("tags",),
        lambda old, tags: {"tags": normal_tags(f"{old['tags']},{tags}")},
        lambda value: normal_tags(value or ""),
    ),
    "untag": BulkAction(
        ("tags",), lambda old, tags: {"tags": _without_tags(old["tags"], tags)}, lambda value: normal_tags(value or "")
    ),
    "delete": BulkAction(("deleted",), lambda old, _: {"deleted": True}),
}
BULK_FIELDS = frozenset(name for action in BULK_ACTIONS.values() for name in action.fields) | {RESOLVED}


def apply(session: Session, where: list[Condition], action: UserAction, value: Any) -> BulkResult:
    """Apply the bulk action *action.name* to every entry that matches *where*.

    Raises:
        InvalidInputError: there is no such action, or *value* breaks its rules.
    """
    bulk_action = BULK_ACTIONS.get(action.name)
    if bulk_action is None:
        raise InvalidInputError(
            f"{action.name} is not a bulk action. Use one of {', '.join(BULK_ACTIONS)}.", field="action"
        )
    value = bulk_action.normalize(value)
    written = {
        part.fields: _write_events(session, rows, part, value, action) for rows, part in _parts(where, bulk_action)
    }
    for fields, changed in written.items():
        if changed:
            apply_events(session, action.batch_id, fields)
    return BulkResult(action.batch_id, sum(written.values()))


def _parts(where: list[Condition], action: BulkAction) -> list[tuple[list[Condition], BulkAction]]:
    """Return the entries with what is done to them: those that two reviewers judged differently lose their flag."""
    if not action.resolves:
        return [(where, action)]
    resolving = replace(
        action,
        fields=(*action.fields, RESOLVED),
        new_values=lambda old, value: action.new_values(old, value) | {RESOLVED: False},
    )
    return [([*where, not_(disputed())], action), ([*where, disputed()], resolving)]


def _write_events(
    session: Session, where: list[Condition], bulk_action: BulkAction, value: Any, action: UserAction
) -> int:
    """Add an event for each entry that the action changes, and return how many."""
    changed = 0
    for old in _distinct_values(session, where, bulk_action.fields):
        new = bulk_action.new_values(old, value)
        if new != old:
            changed += _insert_events(session, where, old, new, action)
    return changed


def apply_events(session: Session, batch_id: str, fields: Collection[str]) -> None:
    """Set *fields* of the entries to the new values in those events of the batch that have them."""
    resolves = json_has_key(Events.new, RESOLVED)
    session.execute(
        update(_Entry)
        .where(
            col(_Entry.id) == col(Events.entity_id),
            col(Events.batch_id) == batch_id,
            resolves if RESOLVED in fields else not_(resolves),
        )
        .values(**_columns(fields), version=col(_Entry.version) + 1, update_at=utc_now())
        .execution_options(synchronize_session=False)
    )


def event_value(values: Any, name: str) -> ColumnElement[Any]:
    """Return one of BULK_FIELDS from the old or new *values* of an event, typed like its column."""
    value = values[name]
    if name in ("confirmed", "rejected", "deleted", RESOLVED):
        return value.as_boolean()  # type: ignore[no-any-return]
    return value.as_float() if name == "score" else value.as_string()  # type: ignore[no-any-return]


def has_event_value(values: Any, name: str) -> Condition:
    """Return the condition that the entry has the event's value of *name*."""
    stored = col(_Entry.deleted_at).is_not(None) if name == "deleted" else getattr(_Entry, name)
    return stored == event_value(values, name)


def _columns(fields: Iterable[str]) -> dict[str, ColumnElement[Any]]:
    columns = {name: event_value(Events.new, name) for name in fields}
    if "deleted" in columns:
        columns["deleted_at"] = case((columns.pop("deleted"), literal(utc_now(), UtcDateTime())), else_=null())
    return columns


def _distinct_values(session: Session, where: list[Condition], fields: tuple[str, ...]) -> list[Values]:
    if fields == ("deleted",):
        return [{"deleted": False}]
    rows = session.execute(select(*(getattr(_Entry, name) for name in fields)).where(*where).distinct()).all()
    return [dict(zip(fields, row, strict=True)) for row in rows]


def _insert_events(session: Session, where: list[Condition], old: Values, new: Values, action: UserAction) -> int:
    """Add one event for each entry that has exactly the *old* values, and return how many."""
    has_old = [getattr(_Entry, name) == value for name, value in old.items() if name != "deleted"]
    rows = select(
        literal(action.batch_id), col(_Entry.project_id), literal("entry"), col(_Entry.id), literal(action.name),
        literal(action.actor), literal(utc_now(), UtcDateTime()), literal(old, JSON()), literal(new, JSON()),
    ).where(*where, *has_old)  # fmt: skip
    statement = insert(Events).from_select(list(EVENT_COLUMNS), rows).execution_options(preserve_rowcount=True)
    return int(session.connection().execute(statement).rowcount)
