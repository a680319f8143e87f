"""Long lists a page at a time, by key: the last page costs what the first one does."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, literal, tuple_
from sqlmodel import select

from core.db.base import UtcDateTime
from core.errors import InvalidInputError

if TYPE_CHECKING:
    from core.db import Database


def page_by_key(
    db: "Database",
    row: Any,
    conditions: Sequence[Any],
    limit: int,
    cursor: str | None,
    *,
    newest_first: bool = True,
    offset: int = 0,
) -> tuple[list[Any], str | None, int]:
    """Return rows in the order they were made, the cursor of what follows, and how many there are in all.

    Raises:
        InvalidInputError: *cursor* is none of this list.
    """
    order = (getattr(row, "create_at", None) or row.created_at, row.id)
    query = select(row).where(*conditions)
    with db.reading() as session:
        total = session.exec(select(func.count()).select_from(row).where(*conditions)).one()
        if cursor is not None:
            # A row that was deleted meanwhile still has its place in the order.
            at = session.exec(select(order[0]).where(row.id == cursor)).first()
            if at is None:
                raise InvalidInputError("This cursor belongs to another list. Start without one.", field="cursor")
            here = tuple_(literal(at, UtcDateTime()), literal(cursor))
            query = query.where(tuple_(*order) < here if newest_first else tuple_(*order) > here)
        query = query.order_by(*(column.desc() for column in order) if newest_first else order)
        rows = list(session.exec(query.offset(offset).limit(limit + 1)))
    return rows[:limit], rows[limit - 1].id if len(rows) > limit else None, total
