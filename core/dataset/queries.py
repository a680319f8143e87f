"""Finding entries: pages by key, never by large offsets, each in the order of an index."""

from dataclasses import dataclass

from sqlalchemy import Tuple, func, literal, tuple_
from sqlmodel import Session, col, select

from core.dataset.conditions import conditions, skipped_by
from core.dataset.filters import EntryFilter
from core.dataset.query_planner import few, few_to_count
from core.db import ImageDatasets, Images
from core.db.base import UtcDateTime
from core.errors import InvalidInputError

MAX_LIMIT = 1000


@dataclass(frozen=True)
class EntryPage:
    """Some entries in the order they were made; *next_cursor* is None on the last page."""

    items: tuple[ImageDatasets, ...]
    next_cursor: str | None


def find_entries(
    session: Session,
    project_id: str,
    entry_filter: EntryFilter,
    *,
    limit: int,
    after: str | None = None,
    newest_first: bool = False,
    not_skipped_by: str | None = None,
) -> EntryPage:
    """Return the entries behind *after*, the id of the last entry of the page before."""
    limit = max(1, min(limit, MAX_LIMIT))
    order = (col(ImageDatasets.create_at), col(ImageDatasets.id))
    rare = few(session, project_id, entry_filter)
    query = select(ImageDatasets).where(*conditions(project_id, entry_filter, by_index=rare is None))
    if rare is not None:
        query = query.where(rare)
    if not_skipped_by is not None and not entry_filter.values("skipped"):
        query = query.where(~skipped_by(not_skipped_by))
    if after is not None:
        place = _place(session, after)
        query = query.where(tuple_(*order) < place if newest_first else tuple_(*order) > place)
    query = query.order_by(*(column.desc() for column in order) if newest_first else order)
    rows = list(session.exec(query.limit(limit + 1)))
    return EntryPage(tuple(rows[:limit]), rows[limit - 1].id if len(rows) > limit else None)


def count_entries(
    session: Session, project_id: str, entry_filter: EntryFilter, *, not_skipped_by: str | None = None
) -> int:
    near = few_to_count(session, project_id, entry_filter)
    where = conditions(project_id, entry_filter, by_index=near is None)
    query = select(func.count()).select_from(ImageDatasets).where(*where)
    if near is not None:
        query = query.where(near)
    if not_skipped_by is not None and not entry_filter.values("skipped"):
        query = query.where(~skipped_by(not_skipped_by))
    return session.exec(query).one()


def entries_of_images(session: Session, image_ids: set[str]) -> dict[str, list[ImageDatasets]]:
    """Return every entry of these images, by image, in the order they were made."""
    query = (
        select(ImageDatasets)
        .where(col(ImageDatasets.image_id).in_(image_ids), col(ImageDatasets.deleted_at).is_(None))
        .order_by(col(ImageDatasets.create_at), col(ImageDatasets.id))
    )
    found: dict[str, list[ImageDatasets]] = {image_id: [] for image_id in image_ids}
    for entry in session.exec(query):
        found[entry.image_id].append(entry)
    return found


def images_by_id(session: Session, image_ids: set[str]) -> dict[str, Images]:
    return {image.id: image for image in session.exec(select(Images).where(col(Images.id).in_(image_ids)))}


def _place(session: Session, entry_id: str) -> Tuple:
    """A deleted entry still has its place in the order."""
    entry = session.get(ImageDatasets, entry_id)
    if entry is None:
        raise InvalidInputError("This page does not exist any more. Start again at the first one.", field="after")
    return tuple_(literal(entry.create_at, UtcDateTime()), literal(entry.id))
