"""The entries that match the filters of the Python interface, oldest first, a page at a time."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TypedDict

from sqlalchemy import literal, tuple_
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from core.arguments import require_id, require_number, require_text
from core.dataset import values
from core.dataset.conditions import conditions
from core.dataset.filters import EntryFilter, parse_search
from core.db import Database, ImageDatasets, is_about
from core.db.base import UtcDateTime
from core.errors import InvalidInputError

_ENTRIES_PER_PAGE = 2_000


class EntryFilters(TypedDict, total=False):
    """The filters of :meth:`ImageDatasetService.list_dataset_entries`; None and empty do not restrict."""

    image_id: str | None
    answer_type: str | None
    confirmed: bool | None
    min_score: float | None
    tags: str | Sequence[str] | None
    rejected: bool | None
    model: str | None
    search: str


def require_known(filters: Mapping[str, object]) -> None:
    """Check the names of filters: one that is not known would choose every entry.

    Raises:
        InvalidInputError: there is no such filter.
    """
    known = EntryFilters.__annotations__
    for name in filters:
        if name not in known:
            raise InvalidInputError(f"There is no filter {name}. Use {', '.join(known)}.", field=name)


def matching(project_id: str, filters: EntryFilters) -> "SelectOfScalar[ImageDatasets]":
    """Return the query of the entries of a project that match, oldest first.

    Raises:
        InvalidInputError: the search line cannot be read.
    """
    require_id(project_id, "project_id")
    where = conditions(project_id, parse_search(require_text(filters.get("search", ""), "search")))
    if (image_id := filters.get("image_id")) is not None:
        where.append(is_about(ImageDatasets, [image_id]))
    for column, wanted in (
        (ImageDatasets.answer_type, filters.get("answer_type")), (ImageDatasets.confirmed, filters.get("confirmed")),
        (ImageDatasets.rejected, filters.get("rejected")), (ImageDatasets.model, filters.get("model")),
    ):  # fmt: skip
        if wanted is not None:
            where.append(col(column) == wanted)
    if (min_score := filters.get("min_score")) is not None:
        where.append(col(ImageDatasets.score) >= require_number(min_score, "min_score"))
    for tag in values.normal_tags(filters.get("tags") or "").split(","):
        if tag:
            where += conditions(project_id, EntryFilter().with_term("tag", tag))[2:]
    return select(ImageDatasets).where(*where).order_by(col(ImageDatasets.create_at), col(ImageDatasets.id))


def pages(db: Database, query: SelectOfScalar[ImageDatasets]) -> Iterator[ImageDatasets]:
    """Yield the rows of a query of :func:`matching` by keyset pagination, without a transaction between pages."""
    order = tuple_(col(ImageDatasets.create_at), col(ImageDatasets.id))
    page_query = query
    while True:
        with db.reading() as session:
            page = list(session.exec(page_query.limit(_ENTRIES_PER_PAGE)))
        yield from page
        if len(page) < _ENTRIES_PER_PAGE:
            return
        last = tuple_(literal(page[-1].create_at, UtcDateTime()), literal(page[-1].id))
        page_query = query.where(order > last)
