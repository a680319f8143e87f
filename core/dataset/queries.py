"""Queries for entries with keyset pagination: each page is read in the order of an index, never by offset."""

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Tuple, func, literal, tuple_
from sqlmodel import Session, col, select

from core.dataset.check_terms import worth_ranks
from core.dataset.conditions import Condition, conditions, skipped_by
from core.dataset.filters import EntryFilter
from core.dataset.judge_trust import require_trusted_judge
from core.dataset.query_planner import has_frequent_texts, selective_condition, selective_condition_for_count
from core.db import ImageDatasets, Images, Questions, is_about
from core.db.base import UtcDateTime
from core.db.entry_states import count_with, has_entry_states, states_with
from core.db.planner_hints import rows_in_order_of_an_index
from core.errors import InvalidInputError
from core.search_line import WORD

MAX_LIMIT = 1000
MAX_EARLIER_TURNS = 20


@dataclass(frozen=True)
class EntryPage:
    """One page of entries, oldest first unless asked otherwise; *next_cursor* is None on the last page."""

    items: tuple[ImageDatasets, ...]
    next_cursor: str | None


def find_entries(
    session: Session,
    project_id: str,
    entry_filter: EntryFilter,
    *,
    limit: int,
    after: str | None = None,
    newest_first: bool = False,
    not_skipped_by: str | None = None,
) -> EntryPage:
    """Return the page after the entry with the id *after*; ``worth:yes`` is in the order of its ranks.

    Raises:
        InvalidInputError: there is no such entry, or a value of the filter cannot be read.
    """
    require_trusted_judge(session, project_id, entry_filter)
    limit = max(1, min(limit, MAX_LIMIT))
    if entry_filter.values("worth") == ("yes",) and not newest_first:
        return _by_rank(session, project_id, entry_filter, limit, after, not_skipped_by)
    order: tuple[Any, ...] = (col(ImageDatasets.create_at), col(ImageDatasets.id))
    # It is NULL in all of them; PostgreSQL reads by the index, which begins with it, only when it is told.
    by: tuple[Any, ...] = (col(ImageDatasets.deleted_at), *order)
    is_frequent = has_frequent_texts(session, project_id, entry_filter)
    selective = selective_condition(session, project_id, entry_filter, by_text=not is_frequent)
    query = select(ImageDatasets).where(*conditions(project_id, entry_filter, by_index=selective is None))
    decision = _looked_up_decision(session, entry_filter)
    if selective is None and decision is not None:
        decided = states_with(project_id, decision)
        query = query.join(decided, decided.c.entry_id == ImageDatasets.id)
        order = by = (decided.c.create_at, decided.c.entry_id)
    if selective is not None:
        query = query.where(selective)
    if not_skipped_by is not None and not _finds_skipped(entry_filter):
        query = query.where(~skipped_by(not_skipped_by))
    if after is not None:
        key = _key_of(session, after)
        query = query.where(tuple_(*order) < key if newest_first else tuple_(*order) > key)
    query = query.order_by(*(column.desc() for column in by) if newest_first else by)
    in_order = rows_in_order_of_an_index(session) if is_frequent and selective is None else nullcontext()
    with in_order:
        rows = list(session.exec(query.limit(limit + 1)))
    return EntryPage(tuple(rows[:limit]), rows[limit - 1].id if len(rows) > limit else None)


def _by_rank(
    session: Session, project_id: str, entry_filter: EntryFilter, limit: int, after: str | None, skipper: str | None
) -> EntryPage:
    """Return a page of ``worth:yes`` in the order of the ranks.

    An entry loses its rank when its answer is edited: a page after such an entry begins at the first one again.
    """
    ranks = worth_ranks(project_id)
    query = select(ImageDatasets).join(ranks, ranks.c.entry_id == ImageDatasets.id)
    query = query.where(*conditions(project_id, entry_filter, by_index=False))
    if skipper is not None and not _finds_skipped(entry_filter):
        query = query.where(~skipped_by(skipper))
    if after is not None:
        _key_of(session, after)
        last = select(ranks.c.score).where(ranks.c.entry_id == after).scalar_subquery()
        query = query.where(ranks.c.score > func.coalesce(last, 0.0))
    rows = list(session.exec(query.order_by(ranks.c.score).limit(limit + 1)))
    return EntryPage(tuple(rows[:limit]), rows[limit - 1].id if len(rows) > limit else None)


def count_entries(
    session: Session, project_id: str, entry_filter: EntryFilter, *, not_skipped_by: str | None = None
) -> int:
    """Count the entries of the filter.

    With ``-word`` those that have the word are counted, by the index of texts, and subtracted: nothing is read of the
    others.
    """
    require_trusted_judge(session, project_id, entry_filter)
    left_out = next((term for term in entry_filter.terms if term.field == WORD and term.negated), None)
    if left_out is not None:
        rest = replace(entry_filter, terms=tuple(term for term in entry_filter.terms if term != left_out))
        with_word = rest.with_term(WORD, left_out.value)
        selective = selective_condition_for_count(session, project_id, with_word)
        if selective is not None:
            found = _count(session, project_id, with_word, selective, not_skipped_by)
            return count_entries(session, project_id, rest, not_skipped_by=not_skipped_by) - found
    selective = selective_condition_for_count(session, project_id, entry_filter)
    return _count(session, project_id, entry_filter, selective, not_skipped_by)


def _count(
    session: Session,
    project_id: str,
    entry_filter: EntryFilter,
    selective: Condition | None,
    not_skipped_by: str | None,
) -> int:
    decision = _looked_up_decision(session, entry_filter)
    if decision is not None and len(entry_filter.terms) == 1:
        found = count_with(session, project_id, decision)
        if not_skipped_by is None:
            return found
        return found - _count_where(session, [*conditions(project_id, entry_filter), skipped_by(not_skipped_by)])
    where = conditions(project_id, entry_filter, by_index=selective is None)
    if selective is not None:
        where.append(selective)
    if not_skipped_by is not None and not _finds_skipped(entry_filter):
        where.append(~skipped_by(not_skipped_by))
    return _count_where(session, where)


def _count_where(session: Session, where: list[Condition]) -> int:
    return session.exec(select(func.count()).select_from(ImageDatasets).where(*where)).one()


def entries_of_images(session: Session, image_ids: set[str]) -> dict[str, list[ImageDatasets]]:
    """Return all entries of these images by image id, oldest first; one of several images is with each of them."""
    query = (
        select(ImageDatasets)
        .where(is_about(ImageDatasets, image_ids), col(ImageDatasets.deleted_at).is_(None))
        .order_by(col(ImageDatasets.create_at), col(ImageDatasets.id))
    )
    found: dict[str, list[ImageDatasets]] = {image_id: [] for image_id in image_ids}
    for entry in session.exec(query):
        for image_id in image_ids.intersection(entry.image_ids):
            found[image_id].append(entry)
    return found


def earlier_turns(session: Session, entries: Sequence[ImageDatasets]) -> dict[str, list[ImageDatasets]]:
    """Return the last turns before each entry of a conversation, in their order."""
    talks = {entry.conversation_id for entry in entries if entry.conversation_id is not None and entry.turn > 0}
    if not talks:
        return {}
    query = select(ImageDatasets).where(
        col(ImageDatasets.conversation_id).in_(talks), ImageDatasets.project_id == entries[0].project_id,
        col(ImageDatasets.deleted_at).is_(None),
    )  # fmt: skip
    turns: dict[str | None, list[ImageDatasets]] = {}
    for turn in session.exec(query.order_by(col(ImageDatasets.turn), col(ImageDatasets.create_at))):
        turns.setdefault(turn.conversation_id, []).append(turn)
    return {
        entry.id: [turn for turn in turns.get(entry.conversation_id, ()) if turn.turn < entry.turn][-MAX_EARLIER_TURNS:]
        for entry in entries if entry.conversation_id in talks
    }  # fmt: skip


def single_label_questions(session: Session, entries: Sequence[ImageDatasets]) -> set[str]:
    """Return the ids of the questions of label entries that take exactly one label."""
    ids = {entry.question_id for entry in entries if entry.answer_type == "label" and entry.question_id}
    if not ids:
        return set()
    return set(session.exec(select(Questions.id).where(col(Questions.id).in_(ids), col(Questions.one_label).is_(True))))


def images_by_id(session: Session, image_ids: set[str]) -> dict[str, Images]:
    """Return the images by id, deleted ones too."""
    return {image.id: image for image in session.exec(select(Images).where(col(Images.id).in_(image_ids)))}


def _looked_up_decision(session: Session, entry_filter: EntryFilter) -> str | None:
    """Return the one decision that the filter asks for, where this database looks decisions up in their own table.

    None also for a filter by id, which finds honeypots too.
    """
    decisions = entry_filter.values("is")
    if len(decisions) != 1 or entry_filter.values("id") or not has_entry_states(session):
        return None
    return decisions[0]


def _finds_skipped(entry_filter: EntryFilter) -> bool:
    """Return whether the filter asks for entries that the reviewer has skipped, or that were sent back since."""
    return bool(entry_filter.values("skipped") or entry_filter.values("sent"))


def _key_of(session: Session, entry_id: str) -> Tuple:
    """Return the sort key of an entry; a deleted entry still has one."""
    entry = session.get(ImageDatasets, entry_id)
    if entry is None:
        raise InvalidInputError("This page does not exist any more. Start again at the first one.", field="after")
    return tuple_(literal(entry.create_at, UtcDateTime()), literal(entry.id))
