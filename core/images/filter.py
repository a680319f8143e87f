"""Which images of a project, in which order, a page at a time."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_
from sqlalchemy.sql.elements import UnaryExpression
from sqlmodel import Session, col, select

from core.db import ImageDatasets, Images, Questions, in_library
from core.db.text import holds_text
from core.errors import InvalidInputError

SORTS = {
    "newest": (Images.create_at, True),
    "oldest": (Images.create_at, False),
    "name": (Images.image_name, False),
    "largest": (Images.size, True),
    "blurred": (Images.sharpness, False),
}
HOLDINGS = ("questions", "no-questions", "entries", "no-entries")
ORIENTATIONS = ("landscape", "portrait", "square")
_BY_TIME = ("newest", "oldest")
# So many rows are sorted sooner than they are met on a walk along the index of their order.
_FEW = 4000


@dataclass(frozen=True)
class ImageFilter:
    """What images must be like to be shown; an empty value asks for nothing."""

    name: str = ""
    """Part of the name; upper and lower case are the same."""
    tag: str = ""
    format: str = ""
    """JPEG, PNG or WEBP."""
    color: str = ""
    """A dominant color by its name."""
    orientation: str = ""
    holds: str = ""
    """questions, no-questions, entries or no-entries."""
    alike: bool = False
    """Only images that look like another one, and those they look like."""
    source: str = ""
    min_side_px: int = 0
    """Of the longer side."""
    max_side_px: int = 0
    added_from: str = ""
    """ISO date, UTC."""
    added_to: str = ""
    """ISO date, UTC, included."""
    sort: str = "newest"

    def to_query(self) -> dict[str, str]:
        """Return what differs from the default, for an address."""
        default = asdict(ImageFilter())
        return {
            name: str(int(v) if isinstance(v, bool) else v) for name, v in asdict(self).items() if v != default[name]
        }

    @classmethod
    def from_query(cls, query: dict[str, str]) -> "ImageFilter":
        """Read an address; what makes no sense in it is left out."""
        values: dict[str, Any] = {}
        for field in fields(cls):
            text = query.get(field.name)
            if text is None:
                continue
            if field.type is int or field.type is bool:
                if text.isdecimal() and len(text) < 10:
                    values[field.name] = field.type(int(text))
            else:
                values[field.name] = text
        read = cls(**values)
        try:
            conditions("", read)
            return read
        except InvalidInputError:
            return cls()


@dataclass(frozen=True)
class ImagePage:
    items: list[Images]
    next_cursor: str | None
    """Hand it in to get what follows; None at the end."""
    total: int
    """Of all pages."""


# How many of the conditions only say which project's images are meant.
_OF_PROJECT = 2


def conditions(project_id: str, filter_: ImageFilter) -> list[ColumnElement[bool]]:
    """Return the filter as SQL conditions on Images.

    Raises:
        InvalidInputError: a value of the filter is not one that exists.
    """
    found: list[ColumnElement[bool]] = [col(Images.project_id) == project_id, in_library()]
    if filter_.name:
        found.append(holds_text(col(Images.image_name), filter_.name))
    if filter_.tag:
        found.append(_listed(col(Images.tags), filter_.tag))
    if filter_.color:
        found.append(_listed(col(Images.colors), filter_.color))
    for column, value in ((Images.format, filter_.format), (Images.source, filter_.source)):
        if value:
            found.append(col(column) == value)
    if filter_.orientation:
        found.append(_orientation(filter_.orientation))
    if filter_.holds:
        found.append(_holding(filter_.holds))
    if filter_.alike:
        found.append(col(Images.id).in_(_alike(project_id)))
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
    """Read one page; positions are found by key, so the last page costs what the first one does.

    *count* says how many images fit; it is only called when that has to be counted.
    """
    where = conditions(project_id, filter_)
    column, descending = _sort(filter_.sort)
    key = col(column)
    few = _few(session, project_id, filter_)
    if few is not None:
        where = [col(Images.id).in_(few), *where[_OF_PROJECT:]]
    # Whoever looks for the last image without questions would walk past all that have some.
    most = min(limit + 1, count()) if filter_.holds.startswith("no-") else limit + 1
    query = select(Images).where(*where).order_by(*_order(key, descending)).limit(most)
    if after is not None:
        last = session.get(Images, after)
        if last is None:
            raise InvalidInputError("This place in the list does not exist any more. Start from the beginning.")
        value = getattr(last, column.key)
        beyond = key < value if descending else key > value
        later = col(Images.id) < last.id if descending else col(Images.id) > last.id
        query = query.where(or_(beyond, and_(key == value, later)))
    items = list(session.exec(query))
    has_more = len(items) > limit
    if after is None and not has_more:
        total = len(items)
    elif few is not None:
        total = _number(session, where)
    else:
        total = count()
    return ImagePage(items[:limit], items[limit - 1].id if has_more else None, total)


def count(session: Session, project_id: str, filter_: ImageFilter) -> int:
    """Return how many images fit."""
    everything = replace(filter_, holds="", sort=ImageFilter.sort)
    if filter_.holds and everything == ImageFilter():
        # Whatever is asked about an image is deleted with it: what is held needs no look at the images.
        held = _held(session, _table(filter_.holds), project_id)
        return count(session, project_id, everything) - held if filter_.holds.startswith("no-") else held
    return _number(session, conditions(project_id, filter_))


def _number(session: Session, where: list[ColumnElement[bool]]) -> int:
    return session.exec(select(func.count()).select_from(Images).where(*where)).one()


def _few(session: Session, project_id: str, filter_: ImageFilter) -> list[str] | None:
    """Return the ids of images among which all that fit are, when a narrow index tells that they are few.

    Otherwise None: walking an order's index meets the first ones soon.
    """
    if filter_.holds in ("questions", "entries"):
        table = _table(filter_.holds)
        narrow = select(table.image_id).where(table.project_id == project_id, table.deleted_at.is_(None)).distinct()
    elif filter_.alike:
        narrow = _alike(project_id)
    elif filter_.sort not in _BY_TIME and replace(filter_, sort=ImageFilter.sort) != ImageFilter():
        narrow = select(Images.id).where(*conditions(project_id, filter_))
    else:
        return None
    found = list(session.execute(narrow.limit(_FEW + 1)).scalars())
    return found if len(found) <= _FEW else None


def stats(session: Session, project_id: str) -> dict[str, int]:
    """Count the images of a project by what they are and hold."""
    everything = conditions(project_id, ImageFilter())
    sizes = select(Images.format, func.count(), func.sum(Images.size)).where(*everything).group_by(Images.format)
    by_format = {name: (count, int(size)) for name, count, size in session.exec(sizes)}
    alike = _number(session, [*everything, col(Images.near_duplicate_of).is_not(None)])
    return {
        "total_images": sum(count for count, _ in by_format.values()),
        "total_size": sum(size for _, size in by_format.values()),
        **{name.lower(): by_format.get(name, (0, 0))[0] for name in ("JPEG", "PNG", "WEBP")},
        "with_questions": _held(session, Questions, project_id),
        "with_entries": _held(session, ImageDatasets, project_id),
        "near_duplicates": alike,
    }  # fmt: skip


def _table(holds: str) -> Any:
    return Questions if holds.endswith("questions") else ImageDatasets


def _held(session: Session, table: Any, project_id: str) -> int:
    query = select(func.count(func.distinct(table.image_id)))
    return session.exec(query.where(table.project_id == project_id, table.deleted_at.is_(None))).one()


def _sort(name: str) -> tuple[Any, bool]:
    if name not in SORTS:
        raise InvalidInputError(f"Images cannot be sorted by {name}. Choose one of: {', '.join(SORTS)}.", field="sort")
    return SORTS[name]


def _order(key: Any, descending: bool) -> tuple[UnaryExpression[Any], ...]:
    # Both in one direction, so that the index is read backwards and nothing is sorted.
    return (key.desc(), col(Images.id).desc()) if descending else (key.asc(), col(Images.id).asc())


def _listed(column: Any, word: str) -> ColumnElement[bool]:
    """Whether *word* is one of the comma-separated words of *column*."""
    exactly: ColumnElement[bool] = ("," + column + ",").contains(f",{word.strip()},", autoescape=True)
    # Most rows fall at the first, which puts no text together.
    return and_(holds_text(column, word.strip()), exactly)


def _sides(min_px: int, max_px: int) -> list[ColumnElement[bool]]:
    width, height = col(Images.width), col(Images.height)
    at_least = [or_(width >= min_px, height >= min_px)] if min_px else []
    return at_least + ([and_(width <= max_px, height <= max_px)] if max_px else [])


def _orientation(name: str) -> ColumnElement[bool]:
    width, height = col(Images.width), col(Images.height)
    # The margins of core.measure.orientation.
    wide, tall = width - height > 0.02 * width, height - width > 0.02 * height
    if name == "landscape":
        return wide
    if name == "portrait":
        return tall
    if name == "square":
        return and_(~wide, ~tall)
    raise InvalidInputError(f"There is no orientation {name}. Choose one of: {', '.join(ORIENTATIONS)}.")


def _holding(name: str) -> ColumnElement[bool]:
    if name not in HOLDINGS:
        raise InvalidInputError(f"There is no choice {name}. Choose one of: {', '.join(HOLDINGS)}.")
    table = _table(name)
    held = select(1).where(table.image_id == Images.id, table.deleted_at.is_(None)).exists()
    return ~held if name.startswith("no-") else held


def _alike(project_id: str) -> Any:
    """Select the images that look like another one, and those they look like."""
    marked = (
        Images.project_id == project_id, col(Images.near_duplicate_of).is_not(None), in_library()
    )  # fmt: skip
    return select(col(Images.id)).where(*marked).union(select(col(Images.near_duplicate_of)).where(*marked))


def _day(text: str, field: str) -> datetime:
    try:
        return datetime.combine(date.fromisoformat(text), time(), UTC)
    except ValueError:
        raise InvalidInputError(f"{text} is not a date. Write it as 2026-01-31.", field=field) from None
