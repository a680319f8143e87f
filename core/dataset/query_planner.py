"""Finding the few entries that a rare term leaves, so that nobody walks past all the others to reach them.

A page is read in the order of an index, and what the filter refuses is passed over: quick as long as the filter
takes many. When an index says that one of its terms is met by few entries, those are read instead, and sorted.
"""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal, literal_column, select
from sqlmodel import Session, col

from core.dataset.conditions import REVIEWING, Condition, conditions, side_is
from core.dataset.filters import NONE, WORD, EntryFilter, Term
from core.dataset.quality import is_second_reading
from core.db import Events, ImageDatasets, Images
from core.db.text import has_text_index, rows_with_text, rows_with_two_letters

MOST = 2500
"""Reading and sorting that many takes as long as walking past fifty thousand."""

_Entry = ImageDatasets
_ROW: ColumnElement[int] = literal_column("image_datasets.rowid")
_BY_INDEX = (
    "check", "reason", "task", "image", "flagged", "doubtful", "edited", "answer", "length", "score", "kind", "type",
    "model", "lang", "is",
)  # fmt: skip
"""Terms of these fields have an index each; the first ones leave the fewest."""
_NOT_IN_ORDER = ("length", "score", "check", "reason")
"""Their indexes are not in the order of the pages, or only so for some of their values."""


def few(session: Session, project_id: str, entry_filter: EntryFilter) -> Condition | None:
    """Return a condition that few entries meet, and among them all of the filter; None when every term has many."""
    return _first_few(session, _sources(session, project_id, entry_filter), MOST)


def few_to_count(session: Session, project_id: str, entry_filter: EntryFilter) -> Condition | None:
    """Return the same for counting, which keeps no order, so that a twentieth of the table is few.

    None also when one index answers the whole filter.
    """
    terms = entry_filter.terms
    if len(terms) < 2 and all(_has_index(term) for term in terms):
        return None
    small_project = col(_Entry.id), select(col(_Entry.id)).where(*conditions(project_id, EntryFilter()))
    sources = chain(_sources(session, project_id, entry_filter), [small_project])
    return _first_few(session, sources, max(MOST, _rows_of_table(session) // 20))


def _first_few(session: Session, sources: Iterable[tuple[Any, Select[Any]]], most: int) -> Condition | None:
    for key, source in sources:
        counted = select(func.count()).select_from(
            source.with_only_columns(literal(1), maintain_column_froms=True).limit(most + 1).subquery()
        )
        if session.execute(counted).scalar_one() <= most:
            narrow: Condition = key.in_(source)
            return narrow
    return None


def _rows_of_table(session: Session) -> int:
    """About as many as it has; 0 where rows have no number."""
    if session.get_bind().dialect.name != "sqlite":
        return 0
    return session.scalar(select(func.max(_ROW)).select_from(_Entry)) or 0


def _has_index(term: Term) -> bool:
    return term.field in (*_BY_INDEX, "created") and not term.negated and term.value != "no"


def _sources(session: Session, project_id: str, entry_filter: EntryFilter) -> Iterator[tuple[Any, Select[Any]]]:
    """Yield a column and the values it has, for each term that an index knows; one alone needs it only for order."""
    for rows in _rows(session, entry_filter):
        yield _ROW, rows
    for field in _BY_INDEX if len(entry_filter.terms) > 1 else _NOT_IN_ORDER:
        for value in _only(entry_filter, field):
            if value not in ("readers", "no"):
                wanted = EntryFilter().with_term(field, value)
                yield col(_Entry.id), select(col(_Entry.id)).where(*conditions(project_id, wanted))
    for value in _only(entry_filter, "side"):
        yield col(_Entry.image_id), select(col(Images.id)).where(col(Images.project_id) == project_id, side_is(value))
    for field, actions in (("by", REVIEWING), ("skipped", ("skip",))):
        for value in _only(entry_filter, field):
            acted = (col(Events.project_id) == project_id, col(Events.actor) == value, col(Events.action).in_(actions))
            yield col(_Entry.id), select(col(Events.entity_id)).where(*acted)
    if "readers" in _only(entry_filter, "check"):
        read = (col(Events.project_id) == project_id, is_second_reading())
        yield col(_Entry.id), select(col(Events.entity_id)).where(*read)


def _rows(session: Session, entry_filter: EntryFilter) -> Iterator[Select[Any]]:
    words, tags = entry_filter.values(WORD), entry_filter.values("tag")
    if not (words or tags) or not has_text_index(session.connection()):
        return
    found = [rows_with_text([*words, *(tag for tag in tags if tag != NONE)]), *map(rows_with_two_letters, words)]
    yield from (rows for rows in found if rows is not None)


def _only(entry_filter: EntryFilter, field: str) -> tuple[str, ...]:
    """Several values of a field are alternatives: none of them narrows alone."""
    values = entry_filter.values(field)
    return values if len(values) == 1 else ()
