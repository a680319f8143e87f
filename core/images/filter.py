"""Queries for the images of a project: filters, sort orders, keyset pagination and counts."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_
from sqlalchemy.sql.elements import UnaryExpression
from sqlmodel import Session, col, select

from core.db import (
    ImageDatasets,
    Images,
    Questions,
    asks_itself,
    further_images,
    in_library,
    is_further_image,
)
from core.db.text import holds_text
from core.errors import InvalidInputError
from core.search_line import NONE

SORTS = {
    "newest": (Images.create_at, True),
    "oldest": (Images.create_at, False),
    "name": (Images.image_name, False),
    "largest": (Images.size, True),
    "blurred": (Images.sharpness, False),
}
HAS_CHOICES = ("questions", "no-questions", "entries", "no-entries")
ORIENTATIONS = ("landscape", "portrait", "square")
_BY_TIME = ("newest", "oldest")
# Up to this many matches, sorting them is faster than scanning the index of the sort order.
MAX_SORTED_ROWS = 4000


@dataclass(frozen=True)
class ImageFilter:
    """What images must match; an empty value matches every image."""

    name: str = ""
    """Part of the name, case-insensitive."""
    tag: str = ""
    format: str = ""
    """JPEG, PNG or WEBP."""
    color: str = ""
    """The name of a dominant color."""
    orientation: str = ""
    has: str = ""
    """questions, no-questions, entries or no-entries."""
    near_duplicates: bool = False
    """Only near-duplicates, and the images that they look like."""
    source: str = ""
    min_side_px: int = 0
    """Of the longer side, as is ``max_side_px``; 0 for no limit."""
    max_side_px: int = 0
    added_from: str = ""
    """ISO date, UTC."""
    added_to: str = ""
    """ISO date, UTC, inclusive."""
    sort: str = "newest"


def pinned_is(value: str) -> ColumnElement[bool]:
    """Return the condition of images that somebody put into the split *value*, or into none."""
    split = col(Images.pinned_split)
    return split.is_(None) if value == NONE else split == value


@dataclass(frozen=True)
class ImagePage:
    """One page of images."""

    items: list[Images]
    next_cursor: str | None
    """The ``after`` of the following page; None on the last one."""
    total: int
    """Images of all pages."""


# The first conditions select the project and the library; a list of ids replaces them.
_PROJECT_CONDITIONS = 2


def conditions(project_id: str, filter_: ImageFilter) -> list[ColumnElement[bool]]:
    """Return the filter as SQL conditions on Images.

    Raises:
        InvalidInputError: a value of the filter does not exist.
    """
    found: list[ColumnElement[bool]] = [col(Images.project_id) == project_id, in_library()]
    if filter_.name:
        found.append(holds_text(col(Images.image_name), filter_.name))
    if filter_.tag:
        found.append(contains_word(col(Images.tags), filter_.tag))
    if filter_.color:
        found.append(contains_word(col(Images.colors), filter_.color))
    for column, value in ((Images.format, filter_.format), (Images.source, filter_.source)):
        if value:
            found.append(col(column) == value)
    if filter_.orientation:
        found.append(orientation_is(filter_.orientation))
    if filter_.has:
        found.append(has_rows(filter_.has))
    if filter_.near_duplicates:
        found.append(col(Images.id).in_(near_duplicates(project_id)))
    if filter_.min_side_px or filter_.max_side_px:
        found += _sides(filter_.min_side_px, filter_.max_side_px)
    if filter_.added_from:
        found.append(col(Images.create_at) >= _day(filter_.added_from, "added_from"))
    if filter_.added_to:
        found.append(col(Images.create_at) < _day(filter_.added_to, "added_to") + timedelta(days=1))
    return found


def find(
    session: Session, project_id: str, filter_: ImageFilter, limit: int, after: str | None, count: Callable[[], int]
) -> ImagePage:
    """Return one page by keyset pagination, so the last page takes as long as the first.

    Args:
        after: the id of the last image of the page before.
        count: returns how many images match; only called when the page itself does not tell.

    Raises:
        InvalidInputError: a value of the filter does not exist, or *after* was removed.
    """
    where = conditions(project_id, filter_)
    candidates = _candidates(session, project_id, filter_)
    if candidates is not None:
        where = [col(Images.id).in_(candidates), *where[_PROJECT_CONDITIONS:]]
    # The count stops the scan: past the last match it would read all images that have questions or entries.
    most = min(limit + 1, count()) if filter_.has.startswith("no-") else limit + 1
    items, has_more = rows_of_page(session, where, filter_.sort, limit, after, most)
    if after is None and not has_more:
        total = len(items)
    elif candidates is not None:
        total = count_rows(session, where)
    else:
        total = count()
    return ImagePage(items, items[-1].id if has_more else None, total)


def rows_of_page(
    session: Session, where: list[ColumnElement[bool]], sort: str, limit: int, after: str | None, most: int
) -> tuple[list[Images], bool]:
    """Return at most *limit* images behind the image *after*, of *most* that are read, and whether there are more.

    Raises:
        InvalidInputError: there is no such sort order, or *after* was removed.
    """
    column, descending = _sort(sort)
    key = col(column)
    query = select(Images).where(*where).order_by(*_order(key, descending)).limit(most)
    if after is not None:
        last = session.get(Images, after)
        if last is None:
            raise InvalidInputError("This page of the list does not exist any more. Start from the first page.")
        value = getattr(last, column.key)
        beyond = key < value if descending else key > value
        later = col(Images.id) < last.id if descending else col(Images.id) > last.id
        query = query.where(or_(beyond, and_(key == value, later)))
    items = list(session.exec(query))
    return items[:limit], len(items) > limit


def count(session: Session, project_id: str, filter_: ImageFilter) -> int:
    """Return how many images match."""
    everything = replace(filter_, has="", sort=ImageFilter.sort)
    if filter_.has and everything == ImageFilter():
        # Questions and entries are deleted with their image, so counting them needs no join with the images.
        with_rows = count_images_with(session, _table(filter_.has), project_id)
        return count(session, project_id, everything) - with_rows if filter_.has.startswith("no-") else with_rows
    return count_rows(session, conditions(project_id, filter_))


def count_rows(session: Session, where: list[ColumnElement[bool]]) -> int:
    """Return how many images match the conditions."""
    return session.exec(select(func.count()).select_from(Images).where(*where)).one()


def _candidates(session: Session, project_id: str, filter_: ImageFilter) -> list[str] | None:
    """Return the ids of a superset of the matches when a selective index has at most MAX_SORTED_ROWS of them.

    Otherwise None: a scan of the index of the sort order then finds the first matches soon.
    """
    if filter_.has in ("questions", "entries"):
        table = _table(filter_.has)
        first = select(table.image_id).where(table.project_id == project_id, table.deleted_at.is_(None))
        others = [further_images(table, project_id)]
        if table is Questions:
            others.append(select(ImageDatasets.image_id).where(ImageDatasets.project_id == project_id, *asks_itself()))
        narrow: Any = first.union(*others)
    elif filter_.near_duplicates:
        narrow = near_duplicates(project_id)
    elif filter_.sort not in _BY_TIME and replace(filter_, sort=ImageFilter.sort) != ImageFilter():
        narrow = select(Images.id).where(*conditions(project_id, filter_))
    else:
        return None
    found = list(session.execute(narrow.limit(MAX_SORTED_ROWS + 1)).scalars())
    return found if len(found) <= MAX_SORTED_ROWS else None


def _table(has: str) -> Any:
    return Questions if has.endswith("questions") else ImageDatasets


def count_images_with(session: Session, table: Any, project_id: str) -> int:
    """Return how many images of a project are the first or a further one of a row of *table*, questions or entries."""
    query = select(func.count(func.distinct(table.image_id)))
    first: int = session.exec(query.where(table.project_id == project_id, table.deleted_at.is_(None))).one()
    others: Any = further_images(table, project_id).distinct()
    if table is Questions:
        asked = select(ImageDatasets.image_id).where(ImageDatasets.project_id == project_id, *asks_itself())
        others = others.union(asked)
    # Joined with distinct rows: so SQLite begins with these few instead of all images.
    more = others.subquery()
    where = *conditions(project_id, ImageFilter()), ~_is_first_of(table)
    further = select(func.count()).select_from(more).join(Images, col(Images.id) == more.c.image_id).where(*where)
    return first + session.exec(further).one()


def _is_asked_by_an_entry() -> ColumnElement[bool]:
    return select(1).where(ImageDatasets.image_id == Images.id, *asks_itself(of_image=True)).exists()


def _is_first_of(table: Any) -> ColumnElement[bool]:
    return select(1).where(table.image_id == Images.id, table.deleted_at.is_(None)).exists()


def _sort(name: str) -> tuple[Any, bool]:
    if name not in SORTS:
        raise InvalidInputError(f"Images cannot be sorted by {name}. Choose one of: {', '.join(SORTS)}.", field="sort")
    return SORTS[name]


def _order(key: Any, descending: bool) -> tuple[UnaryExpression[Any], ...]:
    # Both columns in the same direction, so that the index can be read backwards without a sort.
    # The first one is NULL in all images; PostgreSQL reads by the index, which begins with it, only when it is told.
    columns = (col(Images.deleted_at), key, col(Images.id))
    return tuple(column.desc() if descending else column.asc() for column in columns)


def contains_word(column: Any, word: str) -> ColumnElement[bool]:
    """Return the condition that *word* is one of the comma-separated words of *column*."""
    exactly: ColumnElement[bool] = ("," + column + ",").contains(f",{word.strip()},", autoescape=True)
    # The first condition is cheaper and excludes most rows: it concatenates nothing.
    return and_(holds_text(column, word.strip()), exactly)


def _sides(min_px: int, max_px: int) -> list[ColumnElement[bool]]:
    width, height = col(Images.width), col(Images.height)
    at_least = [or_(width >= min_px, height >= min_px)] if min_px else []
    return at_least + ([and_(width <= max_px, height <= max_px)] if max_px else [])


def orientation_is(name: str) -> ColumnElement[bool]:
    """Return the condition that an image is landscape, portrait or square."""
    width, height = col(Images.width), col(Images.height)
    # The same tolerance as in core.measure.orientation.
    wide, tall = width - height > 0.02 * width, height - width > 0.02 * height
    if name == "landscape":
        return wide
    if name == "portrait":
        return tall
    if name == "square":
        return and_(~wide, ~tall)
    raise InvalidInputError(f"There is no orientation {name}. Choose one of: {', '.join(ORIENTATIONS)}.")


def has_rows(name: str) -> ColumnElement[bool]:
    """Return the condition that an image has questions or entries, or has none; *name* is one of HAS_CHOICES."""
    if name not in HAS_CHOICES:
        raise InvalidInputError(f"There is no choice {name}. Choose one of: {', '.join(HAS_CHOICES)}.")
    table = _table(name)
    rows = or_(_is_first_of(table), is_further_image(table, col(Images.id)))
    if table is Questions:
        rows = or_(rows, _is_asked_by_an_entry())
    return ~rows if name.startswith("no-") else rows


def near_duplicates(project_id: str) -> Any:
    """Select the ids of near-duplicates, found by hash, and of the images that they look like."""
    marked = (
        Images.project_id == project_id, col(Images.near_duplicate_of).is_not(None), in_library()
    )  # fmt: skip
    return select(col(Images.id)).where(*marked).union(select(col(Images.near_duplicate_of)).where(*marked))


def _day(text: str, field: str) -> datetime:
    try:
        return datetime.combine(date.fromisoformat(text), time(), UTC)
    except ValueError:
        raise InvalidInputError(f"{text} is not a date. Write it as 2026-01-31.", field=field) from None
