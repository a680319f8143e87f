"""Reading the audit: its own rows, and the events that alone record an act on one entry, newest first.

Both are ordered by time, then by which of the two it is, then by id; a page continues behind a place in that order.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, func, literal, tuple_
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from core.caller import read_trace
from core.db import AuditEvents, Events, ImageDatasets, Projects
from core.db.base import UtcDateTime
from core.errors import InvalidInputError

ENTRY = "entry"
_CURSOR = re.compile(r"([0-9]{1,11})[.]([0-9]{6})([ae])([0-9]{1,18})")


@dataclass(frozen=True)
class AuditFilter:
    """Which acts; an empty text or None means all."""

    who: str = ""
    act: str = ""
    kind: str = ""
    project_id: str | None = None
    object_id: str = ""
    since: datetime | None = None
    until: datetime | None = None
    """Acts before this time."""


@dataclass(frozen=True)
class AuditEntry:
    """One act of the audit."""

    id: str
    """``a`` or ``e`` with a number: a row of the audit, or an event of an entry."""
    at: datetime
    who: str
    account_id: str | None
    token_id: str | None
    address: str
    way: str
    act: str
    project_id: str | None
    project_name: str
    """Empty when the project is gone."""
    kind: str
    object_id: str
    label: str
    details: dict[str, Any]
    request_id: str


class _Place(NamedTuple):
    at: datetime
    source: str
    number: int | None


_Row = tuple[_Place, AuditEntry]


def newest(session: Session, chosen: AuditFilter, *, limit: int, after: str | None) -> list[AuditEntry]:
    """Return at most *limit* acts, newest first, behind the cursor *after*.

    Raises:
        InvalidInputError: *after* is no cursor of this list.
    """
    place = _place(after) if after else None
    rows = [*_acts(session, chosen, place, limit), *_events(session, chosen, place, limit)]
    found = [entry for _, entry in sorted(rows, key=lambda row: row[0], reverse=True)[:limit]]
    names = _project_names(session, {entry.project_id for entry in found if entry.project_id})
    return [replace(entry, project_name=names.get(entry.project_id or "", "")) for entry in found]


def cursor_of(entry: AuditEntry) -> str:
    """Return the cursor behind *entry*."""
    return f"{entry.at.timestamp():.6f}{entry.id}"


def count(session: Session, chosen: AuditFilter) -> int:
    """Return how many acts match."""
    acts = session.exec(select(func.count()).select_from(AuditEvents).where(*_of_acts(chosen))).one()
    if not _has_events(chosen):
        return acts
    return acts + session.exec(select(func.count()).select_from(Events).where(*_of_events(chosen))).one()


def _place(cursor: str) -> _Place:
    found = _CURSOR.fullmatch(cursor)
    if found is None:
        raise InvalidInputError("This cursor belongs to another list. Start without one.", field="cursor")
    seconds, micros, source, number = found.groups()
    at = datetime.fromtimestamp(int(seconds), UTC) + timedelta(microseconds=int(micros))
    return _Place(at, source, int(number))


def _behind(table: Any, source: str, place: _Place | None) -> list[ColumnElement[bool]]:
    if place is None:
        return []
    at = literal(place.at, UtcDateTime())
    if source == place.source:
        return [tuple_(table.at, table.id) < tuple_(at, literal(place.number))]
    return [table.at <= at] if source < place.source else [table.at < at]


def _acts(session: Session, chosen: AuditFilter, place: _Place | None, limit: int) -> list[_Row]:
    query = select(AuditEvents).where(*_of_acts(chosen), *_behind(AuditEvents, "a", place))
    rows = session.exec(query.order_by(col(AuditEvents.at).desc(), col(AuditEvents.id).desc()).limit(limit))
    return [
        (
            _Place(row.at, "a", row.id),
            AuditEntry(
                f"a{row.id}", row.at, row.who, row.account_id, row.token_id, row.address, row.way, row.act,
                row.project_id, "", row.kind, row.object_id, row.label, row.details, row.request_id,
            ),
        )
        for row in rows
    ]  # fmt: skip


def _events(session: Session, chosen: AuditFilter, place: _Place | None, limit: int) -> list[_Row]:
    if not _has_events(chosen):
        return []
    newest_first = (col(Events.at).desc(), col(Events.id).desc())
    page = select_columns(col(Events.id)).where(*_of_events(chosen), *_behind(Events, "e", place))
    ids = session.execute(page.order_by(*newest_first).limit(limit)).scalars().all()
    return [_event(*row) for row in session.execute(_with_question(ids))]


def _with_question(event_ids: Sequence[Any]) -> Select[Events, str]:
    """Select events with the question of their entry."""
    of_entry = col(ImageDatasets.id) == col(Events.entity_id)
    query = select_columns(Events, col(ImageDatasets.question)).join_from(Events, ImageDatasets, of_entry, isouter=True)
    return query.where(col(Events.id).in_(event_ids))


def _event(event: Events, question: str | None) -> _Row:
    source = read_trace(str(event.came_from))
    changed = sorted({*event.old, *event.new} - {"deleted"})  # the act says it
    entry = AuditEntry(
        f"e{event.id}", event.at, event.actor, source.account_id, source.token_id, source.address, source.way,
        f"{ENTRY}.{event.action}", event.project_id, "", ENTRY, event.entity_id, (question or "")[:200],
        {"changed": changed} if changed else {}, "",
    )  # fmt: skip
    return _Place(event.at, "e", event.id), entry


def _has_events(chosen: AuditFilter) -> bool:
    return chosen.kind in ("", ENTRY) and (not chosen.act or chosen.act.startswith(f"{ENTRY}."))


def _of_acts(chosen: AuditFilter) -> list[ColumnElement[bool]]:
    row = AuditEvents
    return _equal(
        (row.who, chosen.who), (row.act, chosen.act), (row.kind, chosen.kind), (row.object_id, chosen.object_id),
        (row.project_id, chosen.project_id),
    ) + _between(row, chosen)  # fmt: skip


def _of_events(chosen: AuditFilter) -> list[ColumnElement[bool]]:
    equal = _equal(
        (Events.actor, chosen.who), (Events.action, chosen.act.removeprefix(f"{ENTRY}.")),
        (Events.entity_id, chosen.object_id), (Events.project_id, chosen.project_id),
    )  # fmt: skip
    return [col(Events.came_from).is_not(None), *equal, *_between(Events, chosen)]


def _equal(*pairs: tuple[Any, str | None]) -> list[ColumnElement[bool]]:
    return [column == value for column, value in pairs if value]


def _between(row: Any, chosen: AuditFilter) -> list[ColumnElement[bool]]:
    since = [row.at >= chosen.since] if chosen.since else []
    return since + ([row.at < chosen.until] if chosen.until else [])


def _project_names(session: Session, ids: set[str]) -> dict[str, str]:
    return dict(session.exec(select(Projects.id, Projects.name).where(col(Projects.id).in_(ids))).all())
