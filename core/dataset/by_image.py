"""The images of a filter's entries, each once, with all that was asked about it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import desc, distinct, func, literal, tuple_
from sqlmodel import Session, col, select

from core.dataset.conditions import Condition, conditions
from core.dataset.filters import EntryFilter
from core.dataset.judge_trust import require_trusted_judge
from core.dataset.query_planner import has_frequent_texts, selective_condition
from core.db import ImageDatasets, Images, Questions
from core.db.base import UtcDateTime
from core.errors import InvalidInputError

MAX_LIMIT = 200

_Entry = ImageDatasets


@dataclass(frozen=True)
class AskedImage:
    """An image with its entries, oldest first, and its questions without an answer.

    An entry of several images is with the first of them.
    """

    image: Images
    found: tuple[ImageDatasets, ...]
    """Those that the filter selects."""
    others: tuple[ImageDatasets, ...]
    unanswered: tuple[str, ...]


@dataclass(frozen=True)
class AskedImagePage:
    """One page of images, newest first; *next_cursor* is None on the last page."""

    items: tuple[AskedImage, ...]
    next_cursor: str | None


def find_asked_images(
    session: Session, project_id: str, entry_filter: EntryFilter, *, limit: int, after: str | None = None
) -> AskedImagePage:
    """Return the page of images after the one with the id *after*, those that entries of the filter are about.

    Raises:
        InvalidInputError: there is no such image, or a value of the filter cannot be read.
    """
    require_trusted_judge(session, project_id, entry_filter)
    limit = max(1, min(limit, MAX_LIMIT))
    keys = (col(Images.create_at), col(Images.id))
    where = _conditions(session, project_id, entry_filter)
    # Probing each image in the order of the page is faster than listing all entries, unless an index finds few.
    if len(where) > len(conditions(project_id, entry_filter)):
        is_asked: Condition = col(Images.id).in_(select(_Entry.image_id).where(*where))
    else:
        is_asked = select(1).where(col(_Entry.image_id) == Images.id, *where).correlate(Images).exists()
    query = select(Images).where(Images.project_id == project_id, is_asked)
    if after is not None:
        last = session.get(Images, after)
        if last is None:
            raise InvalidInputError("This page does not exist any more. Start again at the first one.", field="after")
        query = query.where(tuple_(*keys) < tuple_(literal(last.create_at, UtcDateTime()), literal(last.id)))
    images = list(session.exec(query.order_by(*map(desc, keys)).limit(limit + 1)))
    items = _asked(session, project_id, entry_filter, images[:limit])
    return AskedImagePage(items, images[limit - 1].id if len(images) > limit else None)


def count_asked_images(session: Session, project_id: str, entry_filter: EntryFilter) -> int:
    """Count the images that entries of the filter are about."""
    require_trusted_judge(session, project_id, entry_filter)
    where = _conditions(session, project_id, entry_filter)
    return session.exec(select(func.count(distinct(col(_Entry.image_id)))).where(*where)).one()


def _conditions(session: Session, project_id: str, entry_filter: EntryFilter) -> list[Condition]:
    by_text = not has_frequent_texts(session, project_id, entry_filter)
    selective = selective_condition(session, project_id, entry_filter, by_text=by_text)
    found = conditions(project_id, entry_filter, by_index=selective is None)
    return found if selective is None else [*found, selective]


def _asked(
    session: Session, project_id: str, entry_filter: EntryFilter, images: Sequence[Images]
) -> tuple[AskedImage, ...]:
    ids = [image.id for image in images]
    query = select(_Entry).where(col(_Entry.image_id).in_(ids), *conditions(project_id, EntryFilter(), by_index=False))
    entries = list(session.exec(query.order_by(col(_Entry.create_at), col(_Entry.id))))
    matching = select(_Entry.id).where(
        col(_Entry.image_id).in_(ids), *conditions(project_id, entry_filter, by_index=False)
    )
    found = set(session.exec(matching)) if entry_filter else {entry.id for entry in entries}
    open_ = select(Questions.image_id, Questions.question).where(
        col(Questions.image_id).in_(ids), col(Questions.deleted_at).is_(None), ~col(Questions.answered)
    )
    unanswered: dict[str, list[str]] = {}
    for image_id, question in session.exec(open_.order_by(col(Questions.create_at), col(Questions.id))):
        unanswered.setdefault(image_id, []).append(question)
    return tuple(
        AskedImage(
            image,
            tuple(entry for entry in entries if entry.image_id == image.id and entry.id in found),
            tuple(entry for entry in entries if entry.image_id == image.id and entry.id not in found),
            tuple(unanswered.get(image.id, ())),
        )
        for image in images
    )
