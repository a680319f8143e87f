"""Query planner: restricts a query by an IN subquery on the most selective index when the database would scan.

A page is read in the order of an index, skipping the rows that the filter rejects, which is fast while the filter
accepts many. When an index shows that few entries match one term, those are read and sorted instead.
"""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from sqlalchemy import Select, and_, func, literal, or_, select, union_all
from sqlmodel import Session, col

from core.dataset.check_terms import told_by_tools, worth_ranks
from core.dataset.conditions import REVIEWING, Condition, conditions
from core.dataset.filters import ALL_MUST_MATCH, EntryFilter, Term
from core.dataset.quality import candidates_of_check
from core.db import EntryImages, Events, ImageDatasets, Images
from core.db.entry_states import has_entry_states, ids_with
from core.db.planner_hints import reads_all_for_alternatives
from core.db.row_count import about_rows
from core.db.text import entries_with_text, holds_text, makes_pairs_anew
from core.images.query_conditions import side_is
from core.search_line import NONE, WORD

MAX_SELECTED = 2500
"""Reading and sorting this many entries takes as long as skipping fifty thousand in an index."""
_SAMPLE = 300

_Entry = ImageDatasets
_BY_INDEX = (
    "check", "reason", "task", "image", "flagged", "doubtful", "edited", "answer", "length", "score", "kind", "type",
    "model", "lang", "is",
)  # fmt: skip
"""Fields with an index each, the most selective first."""
# The indexes of the yes/no fields (flagged, doubtful, edited) are partial: they contain only the rows with "yes".
_NOT_INDEXED = "no"
_NOT_IN_PAGE_ORDER = ("length", "score", "check", "reason")
"""Fields whose index is not in the order of the pages, or only for some of their values."""


def selective_condition(
    session: Session, project_id: str, entry_filter: EntryFilter, *, by_text: bool = True
) -> Condition | None:
    """Return a selective condition; None if no index is that selective.

    At most MAX_SELECTED rows match it, a superset of the matches of the filter. Without *by_text* the index of texts is
    not asked.
    """
    return _first_selective(session, _sources(session, project_id, entry_filter, by_text=by_text), MAX_SELECTED)


def has_frequent_texts(session: Session, project_id: str, entry_filter: EntryFilter) -> bool:
    """Return whether the words and tags of the filter are frequent among the first and the last entries in page order.

    Read without an index, a page of such a filter is full after some hundred entries. False where asking the index of
    texts costs less than this.
    """
    texts = tuple(term for term in entry_filter.terms if term.field in ALL_MUST_MATCH and not term.negated)
    if not texts or not makes_pairs_anew(session.connection()):
        return False
    found = and_(*conditions(project_id, EntryFilter(texts))).label("found")
    order = (col(_Entry.deleted_at), col(_Entry.create_at), col(_Entry.id))
    for by in (order, tuple(column.desc() for column in order)):
        some = select(found).where(*conditions(project_id, EntryFilter())).order_by(*by).limit(_SAMPLE).subquery()
        if (session.scalar(select(func.count()).where(some.c.found)) or 0) < _SAMPLE // 10:
            return False
    return True


def selective_condition_for_count(session: Session, project_id: str, entry_filter: EntryFilter) -> Condition | None:
    """Like :func:`selective_condition`, for COUNT: no sort, so up to 5 % of the table counts as selective.

    None also when a single index answers the whole filter.
    """
    terms = entry_filter.terms
    if len(terms) < 2 and all(_has_index(session, term) for term in terms):
        return None
    every = conditions(project_id, EntryFilter(), held_back=True)
    small_project = col(_Entry.id), select(col(_Entry.id)).where(*every)
    by_text = not has_frequent_texts(session, project_id, entry_filter)
    sources = chain(_sources(session, project_id, entry_filter, by_text=by_text), [small_project])
    return _first_selective(session, sources, max(MAX_SELECTED, about_rows(session, _Entry) // 20))


def _first_selective(session: Session, sources: Iterable[tuple[Any, Select[Any]]], max_rows: int) -> Condition | None:
    for key, source in sources:
        counted = select(func.count()).select_from(
            source.with_only_columns(literal(1), maintain_column_froms=True).limit(max_rows + 1).subquery()
        )
        if session.execute(counted).scalar_one() <= max_rows:
            condition: Condition = key.in_(source)
            return condition
    return None


def _has_index(session: Session, term: Term) -> bool:
    if term.field == "image" and reads_all_for_alternatives(session):
        return False
    return term.field in (*_BY_INDEX, "created") and not term.negated and term.value != _NOT_INDEXED


def _sources(
    session: Session, project_id: str, entry_filter: EntryFilter, *, by_text: bool = True
) -> Iterator[tuple[Any, Select[Any]]]:
    """Yield a column and a query of its values for each term with an index.

    A single term needs this only where its index is not in page order.
    """
    words, tags = entry_filter.values(WORD), entry_filter.values("tag")
    if by_text and (words or tags):
        yield from entries_with_text(session.connection(), words, [tag for tag in tags if tag != NONE])
    for value in _single_value(entry_filter, "worth"):
        if value == "yes":
            ranks = worth_ranks(project_id)
            yield col(_Entry.id), select(ranks.c.entry_id)
    for value in _single_value(entry_filter, "tools"):
        yield col(_Entry.id), select(told_by_tools(project_id, value).c.entry_id)
    for value in _single_value(entry_filter, "image") if reads_all_for_alternatives(session) else ():
        yield col(_Entry.id), _ids_about_images(project_id, value)
    for field in _BY_INDEX if len(entry_filter.terms) > 1 else _NOT_IN_PAGE_ORDER:
        for value in _single_value(entry_filter, field):
            candidates = candidates_of_check(value, project_id) if field == "check" else None
            if field == "is" and has_entry_states(session):
                candidates = ids_with(project_id, value)
            if candidates is not None:
                yield col(_Entry.id), candidates
            elif value != _NOT_INDEXED:
                wanted = EntryFilter().with_term(field, value)
                yield col(_Entry.id), select(col(_Entry.id)).where(*conditions(project_id, wanted))
    for value in _single_value(entry_filter, "side"):
        yield col(_Entry.image_id), select(col(Images.id)).where(col(Images.project_id) == project_id, side_is(value))
    for field, actions in (("by", REVIEWING), ("skipped", ("skip",))):
        for value in _single_value(entry_filter, field):
            acted = (col(Events.project_id) == project_id, col(Events.actor) == value, col(Events.action).in_(actions))
            yield col(_Entry.id), select(col(Events.entity_id)).where(*acted)


def _ids_about_images(project_id: str, value: str) -> Select[Any]:
    """Return the ids of the entries with an image of this id or with this part of its name, as first or further one."""
    named = or_(col(Images.id) == value, holds_text(col(Images.image_name), value))
    images = select(col(Images.id)).where(col(Images.project_id) == project_id, named)
    found = union_all(
        select(col(_Entry.id)).where(col(_Entry.image_id).in_(images)),
        select(col(EntryImages.entry_id)).where(col(EntryImages.image_id).in_(images)),
    ).subquery()
    return select(found.c[0])


def _single_value(entry_filter: EntryFilter, field: str) -> tuple[str, ...]:
    """Return the value of a field that has only one; several are alternatives, and none is selective alone."""
    values = entry_filter.values(field)
    return values if len(values) == 1 else ()
