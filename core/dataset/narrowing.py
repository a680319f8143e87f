"""Finding the few entries that a rare term leaves, so that nobody walks past all the others to reach them.

A page is read in the order of an index, and what the filter refuses is passed over: quick as long as the filter
takes many. When an index says that one of its terms is met by few entries, those are read instead, and sorted.
"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal, literal_column, select
from sqlmodel import Session, col

from core.dataset.conditions import REVIEWING, Condition, conditions, side_is
from core.dataset.filters import NONE, WORD, EntryFilter
from core.dataset.quality import is_second_reading
from core.db import Events, ImageDatasets, Images
from core.db.text import has_text_index, rows_with_text

MOST = 2500
"""Reading and sorting that many takes as long as walking past fifty thousand."""

_Entry = ImageDatasets
_ROW: ColumnElement[int] = literal_column("image_datasets.rowid")
_COUNTED_BY_INDEX = (
    "is", "created", "kind", "type", "model", "lang", "task", "image", "answer", "score", "length", "flagged", "edited",
    "doubtful", "reason", "check",
)  # fmt: skip


def few(session: Session, project_id: str, entry_filter: EntryFilter) -> Condition | None:
    """Return a condition that few entries meet, and among them all of the filter; None when every term has many."""
    for key, source in _sources(session, project_id, entry_filter):
        counted = select(func.count()).select_from(
            source.with_only_columns(literal(1), maintain_column_froms=True).limit(MOST + 1).subquery()
        )
        if session.execute(counted).scalar_one() <= MOST:
            narrow: Condition = key.in_(source)
            return narrow
    return None


def with_words(session: Session, entry_filter: EntryFilter) -> Condition | None:
    """Return what the full-text index knows about the words and tags of the filter: they are there, or may be."""
    source = _rows(session, entry_filter)
    return None if source is None else _ROW.in_(source)


def is_read_through(session: Session, project_id: str, entry_filter: EntryFilter) -> bool:
    """Whether counting is faster through the whole table in its own order than by jumping where an index leads.

    It is where the project has a third of the table, unless one index answers the whole filter.
    """
    terms = entry_filter.terms
    one = len(terms) == 1 and terms[0].field in _COUNTED_BY_INDEX and not terms[0].negated and terms[0].value != "no"
    if not terms or one:
        return False
    if session.get_bind().dialect.name != "sqlite":
        return False
    rows = session.scalar(select(func.max(_ROW)).select_from(_Entry)) or 0
    alive = select(col(_Entry.id)).where(*conditions(project_id, EntryFilter()))
    return session.scalar(alive.limit(1).offset(rows // 3)) is not None


def _sources(session: Session, project_id: str, entry_filter: EntryFilter) -> Iterator[tuple[Any, Select[Any]]]:
    """Yield a column and the values it has, for each term whose index is not in the order of the pages."""
    rows = _rows(session, entry_filter)
    if rows is not None:
        yield _ROW, rows
    for field in ("length", "score", "check", "reason"):
        for value in _only(entry_filter, field):
            if value != "readers":
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


def _rows(session: Session, entry_filter: EntryFilter) -> Select[Any] | None:
    texts = [*entry_filter.values(WORD), *(tag for tag in entry_filter.values("tag") if tag != NONE)]
    return rows_with_text(texts) if texts and has_text_index(session) else None


def _only(entry_filter: EntryFilter, field: str) -> tuple[str, ...]:
    """Several values of a field are alternatives: none of them narrows alone."""
    values = entry_filter.values(field)
    return values if len(values) == 1 else ()
