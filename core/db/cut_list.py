"""Lists that may be cut at a limit, and say so."""

from collections.abc import Iterable
from typing import Generic, TypeVar

from sqlalchemy import func
from sqlmodel import Session, select
from sqlmodel.sql.expression import SelectOfScalar

from core.lazy import lazy_import

T = TypeVar("T")


class Page(list[T], Generic[T]):
    """The part of a list that *limit* and *offset* chose; ``total`` is the length of the whole list."""

    def __init__(self, items: Iterable[T], total: int) -> None:
        super().__init__(items)
        self.total = total

    def __repr__(self) -> str:
        return f"<{len(self):,} of {self.total:,}: {super().__repr__()}>"

    def _repr_html_(self) -> str:
        """Return how a notebook shows the list."""
        shown: str = lazy_import("core.notebook.html").rows_html(self, self.total)
        return shown


def cut(session: Session, query: SelectOfScalar[T], limit: int, offset: int) -> Page[T]:
    """Return the rows of *query* from *offset* on, at most *limit*; they are counted only if there may be more."""
    items = list(session.exec(query.limit(limit).offset(offset)))
    if offset == 0 and len(items) < limit:
        return Page(items, len(items))
    return Page(items, session.exec(select(func.count()).select_from(query.order_by(None).subquery())).one())
