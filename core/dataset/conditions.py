"""Compiles an EntryFilter to SQL conditions: one builder for each field, an allowlist of columns."""

from collections.abc import Callable
from functools import reduce
from itertools import groupby

from sqlalchemy import ColumnElement, and_, case, func, literal, literal_column, not_, or_
from sqlmodel import col, select

from core.dataset.assignment import in_share, needs_second_review, not_leased_to_others
from core.dataset.check_terms import (
    arena,
    blind,
    consensus,
    doubt,
    guessable,
    heldout,
    judge,
    prune,
    seen,
    tools,
    verifiable,
    worth,
)
from core.dataset.filters import ALL_MUST_MATCH, EntryFilter, Term, parse_search
from core.dataset.messages import sent_back_to
from core.dataset.quality import condition_of_check
from core.db import HELD_BACK, IMPORTED, Events, ImageDatasets, Images, is_about
from core.db.comparing import Column, day_is, number_is
from core.db.text import holds_text, holds_words
from core.images.filter import pinned_is
from core.images.query_conditions import side_is
from core.search_line import NONE, WORD

Condition = ColumnElement[bool]

_Entry = ImageDatasets

SHORT_ANSWER_CHARS = 40
"""The index over answers covers those up to this length; longer ones are rarely searched as a whole."""


def conditions(
    project_id: str, entry_filter: EntryFilter, *, by_index: bool = True, held_back: bool = False
) -> list[Condition]:
    """Return the conditions of the entries of a project that the filter selects.

    Args:
        by_index: False keeps the database from using an index over the project, for a filter that has a better one.
        held_back: whether honeypots count; a filter by id finds them like any entry.

    Raises:
        InvalidInputError: a value cannot be parsed, such as a score that is not a number.
    """
    # Every index over entries begins with project_id; an expression of it disables them all.
    project = col(_Entry.project_id) if by_index else func.coalesce(col(_Entry.project_id), "")
    exists: Condition = col(_Entry.deleted_at).is_(None)
    if held_back or entry_filter.values("id"):
        exists = or_(exists, col(_Entry.deleted_at) == HELD_BACK)
    found = [project == project_id, exists]
    positive = sorted((term for term in entry_filter.terms if not term.negated), key=lambda term: term.field)
    for field, terms in groupby(positive, key=lambda term: term.field):
        parts = [_condition(term) for term in terms]
        found.append(and_(*parts) if field in ALL_MUST_MATCH else or_(*parts))
    found += [not_(_condition(term)) for term in entry_filter.terms if term.negated]
    return found


def usable_search(line: str) -> EntryFilter:
    """Parse a search line that is stored and run later: its values are tried now.

    Raises:
        InvalidInputError: a field does not exist, or does not take its value, such as ``score:>``.
    """
    entry_filter = parse_search(line)
    conditions("", entry_filter)
    return entry_filter


def _condition(term: Term) -> Condition:
    return _BUILDERS[term.field](term.value)


def _word(value: str) -> Condition:
    return or_(*(holds_words(col(column), value) for column in (_Entry.question, _Entry.answer, _Entry.image_name)))


def _decision(value: str) -> Condition:
    confirmed, rejected = value == "confirmed", value == "rejected"
    return and_(col(_Entry.confirmed).is_(confirmed), col(_Entry.rejected).is_(rejected))


def _edited() -> Condition:
    def differs(now: Column, before: Column) -> Condition:
        return and_(before.is_not(None), before != now)

    return or_(
        differs(col(_Entry.answer), col(_Entry.generated_answer)),
        differs(col(_Entry.question), col(_Entry.generated_question)),
    )


def _same(column: Column) -> Callable[[str], Condition]:
    return lambda value: column == ("" if value == NONE else value)


def _same_or_null(column: Column) -> Callable[[str], Condition]:
    return lambda value: column.is_(None) if value == NONE else column == value


def _image(value: str) -> Condition:
    """Images are found by their id or by a part of their name."""
    return is_about(_Entry, select(Images.id).where(or_(col(Images.id) == value, holds_text(Images.image_name, value))))


def _image_count() -> Column:
    more = col(_Entry.more_image_ids)
    commas = func.length(more) - func.length(func.replace(more, ",", ""))
    return 1 + case((more == literal_column("''"), 0), else_=commas + 1)


def _pinned(value: str) -> Condition:
    return col(_Entry.image_id).in_(select(Images.id).where(pinned_is(value)))


def _origin(value: str) -> Condition:
    imported = col(_Entry.origin) == IMPORTED
    if value == IMPORTED:
        return imported
    return and_(not_(imported), col(_Entry.model) == "" if value == "person" else col(_Entry.model) != "")


def _reason(value: str) -> Condition:
    """Only rejected entries have a reason."""
    if value == NONE:
        return col(_Entry.reject_reason) == ""
    has_reason = col(_Entry.reject_reason) != literal_column("''")  # same text as in its index
    return and_(has_reason, col(_Entry.reject_reason) == value, col(_Entry.rejected).is_(True))


def _tag(value: str) -> Condition:
    if value == NONE:
        return col(_Entry.tags) == ""
    return (literal(",") + col(_Entry.tags) + ",").like(f"%,{_escaped(value.lower())},%", escape="\\")


def _score(value: str) -> Condition:
    """A score of 0 means not rated: ``score:<3`` does not find it, ``score:none`` does."""
    if value == NONE:
        return col(_Entry.score) == 0
    return and_(col(_Entry.score) > 0, number_is(col(_Entry.score), "score")(value))


def _length(value: str) -> Condition:
    return number_is(func.length(col(_Entry.answer)), "length")(value)


def _answer(value: str) -> Condition:
    answer = func.lower(func.trim(col(_Entry.answer)))
    if value == NONE or len(value) > SHORT_ANSWER_CHARS:
        return answer.in_(("", NONE)) if value == NONE else answer == value.lower()  # "none" is also a common answer
    return and_(answer == value.lower(), func.length(col(_Entry.answer)) <= literal_column(str(SHORT_ANSWER_CHARS)))


def _side(value: str) -> Condition:
    return select(1).where(Images.id == _Entry.image_id, side_is(value)).correlate(_Entry).exists()


def _acted(actor: str, *actions: str) -> Condition:
    return (
        select(1)
        .where(
            Events.entity_id == _Entry.id,
            Events.actor == actor,
            col(Events.action).in_(actions),
            col(Events.undone_by).is_(None),
        )
        .correlate(_Entry)
        .exists()
    )


def skipped_by(actor: str) -> Condition:
    """Return the condition that *actor* has skipped the entry."""
    return _acted(actor, "skip")


def _created(value: str) -> Condition:
    return day_is(col(_Entry.create_at), "created")(value)


REVIEWING = ("confirm", "reject", "reopen", "edit", "rate", "tag", "untag", "flag", "unflag", "note", "second")
"""Actions that count as review for ``by:`` and for the facet of annotators."""


def _escaped(value: str) -> str:
    return reduce(lambda text, sign: text.replace(sign, "\\" + sign), ("\\", "%", "_"), value)


def _yes(condition: Callable[[], Condition]) -> Callable[[str], Condition]:
    return lambda value: condition() if value == "yes" else not_(condition())


_BUILDERS: dict[str, Callable[[str], Condition]] = {
    WORD: _word,
    "is": _decision,
    "flagged": _yes(lambda: col(_Entry.flagged).is_(True)),
    "edited": _yes(_edited),
    "doubtful": _yes(lambda: col(_Entry.needs_review) != literal_column("''")),
    "answer": _answer,
    "kind": _same(col(_Entry.kind)),
    "type": _same(col(_Entry.answer_type)),
    "model": _same(col(_Entry.model)),
    "lang": _same(col(_Entry.language)),
    "tag": _tag,
    "score": _score,
    "length": _length,
    "side": _side,
    "pinned": _pinned,
    "created": _created,
    "by": lambda value: _acted(value, *REVIEWING),
    "skipped": skipped_by,
    "reason": _reason,
    "image": _image,
    "images": lambda value: number_is(_image_count(), "images")(value),
    "conversation": _same_or_null(col(_Entry.conversation_id)),
    "origin": _origin,
    "id": lambda value: col(_Entry.id) == value,
    "task": lambda value: col(_Entry.task_id) == value,
    "check": condition_of_check,
    "guessable": guessable,
    "prune": prune,
    "heldout": heldout,
    "verifiable": verifiable,
    "arena": arena,
    "judge": judge,
    "worth": worth,
    "tools": tools,
    "blind": blind,
    "seen": seen,
    "consensus": consensus,
    "doubt": doubt,
    "second": needs_second_review,
    "sent": sent_back_to,
    "share": in_share,
    "free": not_leased_to_others,
}
