"""What is in the bin: rows that were deleted by themselves, not with what they belong to."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

from sqlalchemy import ColumnElement, Select, func, literal, tuple_
from sqlalchemy import select as select_columns
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from core.db import (
    HELD_BACK,
    AuditEvents,
    Events,
    ImageDatasets,
    Images,
    IncomingProjects,
    Projects,
    StyleDatasets,
    in_library,
)
from core.db.base import UtcDateTime

BinKind = Literal["project", "image", "entry", "style"]
BIN_KINDS: tuple[BinKind, ...] = get_args(BinKind)

ROWS: dict[BinKind, Any] = {"project": Projects, "image": Images, "entry": ImageDatasets, "style": StyleDatasets}
LABELS: dict[BinKind, Any] = {
    "project": Projects.name, "image": Images.image_name, "entry": ImageDatasets.question, "style": StyleDatasets.name,
}  # fmt: skip


@dataclass(frozen=True)
class BinRow:
    """A row in the bin, without what is derived from it."""

    kind: BinKind
    id: str
    project_id: str
    label: str
    deleted_at: datetime


def in_bin(kind: BinKind) -> list[ColumnElement[bool]]:
    """Return the conditions of the rows of this kind that can be restored by themselves.

    Not in the bin is what comes back with something else: entries of deleted images, and whatever is in a deleted
    project; an image in whose place a version is; what is being imported or removed; and honeypots.
    """
    row = ROWS[kind]
    deleted = [row.deleted_at.is_not(None)]
    if kind == "project":
        return [*deleted, row.id.not_in(select(IncomingProjects.project_id))]
    own = [*deleted, row.project_id.in_(select(Projects.id).where(col(Projects.deleted_at).is_(None)))]
    if kind == "image":
        version = aliased(Images)
        has_version = select(1).where(col(version.variant_of) == Images.id, col(version.deleted_at).is_(None)).exists()
        return [*own, ~has_version]
    if kind == "entry":
        has_image = select(1).where(Images.id == ImageDatasets.image_id, in_library()).exists()
        return [*own, row.deleted_at != HELD_BACK, has_image]
    return own


def newest(
    session: Session,
    kind: BinKind,
    project_ids: Collection[str] | None,
    *,
    limit: int,
    after: tuple[datetime, str] | None = None,
    before: datetime | None = None,
) -> list[BinRow]:
    """Return rows of one kind in the bin, the last deleted first.

    Args:
        project_ids: only of these projects; None for all.
        after: time of deletion and id of the last row of the page before.
        before: only what was deleted before this time.
    """
    row = ROWS[kind]
    where = _where(kind, project_ids)
    if after is not None:
        place = tuple_(literal(after[0], UtcDateTime()), literal(after[1]))
        where.append(tuple_(row.deleted_at, row.id) < place)
    if before is not None:
        where.append(row.deleted_at < before)
    owner = row.id if kind == "project" else row.project_id
    query: Select[Any] = select_columns(row.id, owner, LABELS[kind], row.deleted_at).where(*where)
    found = session.execute(query.order_by(row.deleted_at.desc(), row.id.desc()).limit(limit))
    return [BinRow(kind, id_, of, label, at) for id_, of, label, at in found]


def count(session: Session, kind: BinKind, project_ids: Collection[str] | None) -> int:
    """Return how many rows of one kind are in the bin."""
    query = select_columns(func.count()).select_from(ROWS[kind]).where(*_where(kind, project_ids))
    return int(session.execute(query).scalar_one())


def _where(kind: BinKind, project_ids: Collection[str] | None) -> list[ColumnElement[bool]]:
    row = ROWS[kind]
    if project_ids is None:
        return in_bin(kind)
    return [*in_bin(kind), (row.id if kind == "project" else row.project_id).in_(project_ids)]


def deleted_by(session: Session, rows: list[BinRow]) -> dict[str, str]:
    """Return by whom each row was deleted, by its id: from its last event, or from the audit; missing when unknown."""
    ids = [row.id for row in rows]
    newest_event = select(func.max(Events.id)).where(col(Events.entity_id).in_(ids)).group_by(col(Events.entity_id))
    events = select(Events.entity_id, Events.actor).where(col(Events.id).in_(newest_event))
    acts = (
        select(AuditEvents.object_id, AuditEvents.who)
        .where(col(AuditEvents.object_id).in_(ids), col(AuditEvents.act).in_(("project.delete", "style.delete")))
        .order_by(col(AuditEvents.id))
    )
    return dict(session.exec(events).all()) | dict(session.exec(acts).all())
