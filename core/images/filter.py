"""Which images of a project, in which order, a page at a time."""

from dataclasses import asdict, dataclass, fields
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_
from sqlalchemy.sql.elements import UnaryExpression
from sqlmodel import Session, col, select

from core.db import ImageDatasets, Images, Questions
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


def conditions(project_id: str, filter_: ImageFilter) -> list[ColumnElement[bool]]:
    """Return the filter as SQL conditions on Images.

    Raises:
        InvalidInputError: a value of the filter is not one that exists.
    """
    found: list[ColumnElement[bool]] = [col(Images.project_id) == project_id, col(Images.deleted_at).is_(None)]
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
        found.append(_alike(project_id))
    if filter_.min_side_px or filter_.max_side_px:
        found += _sides(filter_.min_side_px, filter_.max_side_px)
    if filter_.added_from:
        found.append(col(Images.create_at) >= _day(filter_.added_from, "added_from"))
    if filter_.added_to:
        found.append(col(Images.create_at) < _day(filter_.added_to, "added_to") + timedelta(days=1))
    return found


def find(session: Session, project_id: str, filter_: ImageFilter, limit: int, after: str | None) -> ImagePage:
    """Read one page; positions are found by key, so the last page costs what the first one does."""
    where = conditions(project_id, filter_)
    column, descending = _sort(filter_.sort)
    key = col(column)
    query = select(Images).where(*where).order_by(*_order(key, descending)).limit(limit + 1)
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
        return ImagePage(items, None, len(items))
    total = session.exec(select(func.count()).select_from(Images).where(*where)).one()
    return ImagePage(items[:limit], items[limit - 1].id if has_more else None, total)


def stats(session: Session, project_id: str) -> dict[str, int]:
    """Count the images of a project by what they are and hold."""
    everything = conditions(project_id, ImageFilter())
    sizes = select(Images.format, func.count(), func.sum(Images.size)).where(*everything).group_by(Images.format)
    by_format = {name: (count, int(size)) for name, count, size in session.exec(sizes)}
    count = select(func.count()).select_from(Images)
    alike = session.exec(count.where(*everything, col(Images.near_duplicate_of).is_not(None))).one()
    holding = {what: _held(session, table, project_id) for what, table in _HELD.items()}
    return {
        "total_images": sum(count for count, _ in by_format.values()),
        "total_size": sum(size for _, size in by_format.values()),
        **{name.lower(): by_format.get(name, (0, 0))[0] for name in ("JPEG", "PNG", "WEBP")},
        "with_questions": holding["questions"], "with_entries": holding["entries"], "near_duplicates": alike,
    }  # fmt: skip


_HELD: dict[str, Any] = {"questions": Questions, "entries": ImageDatasets}


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
    found: ColumnElement[bool] = ("," + column + ",").contains(f",{word.strip()},", autoescape=True)
    return found


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
    table: Any = Questions if name.endswith("questions") else ImageDatasets
    held = select(1).where(table.image_id == Images.id, table.deleted_at.is_(None)).exists()
    return ~held if name.startswith("no-") else held


def _alike(project_id: str) -> ColumnElement[bool]:
    first = select(Images.near_duplicate_of).where(
        Images.project_id == project_id, col(Images.near_duplicate_of).is_not(None), col(Images.deleted_at).is_(None)
    )
    return or_(col(Images.near_duplicate_of).is_not(None), col(Images.id).in_(first))


def _day(text: str, field: str) -> datetime:
    try:
        return datetime.combine(date.fromisoformat(text), time(), UTC)
    except ValueError:
        raise InvalidInputError(f"{text} is not a date. Write it as 2026-01-31.", field=field) from None
