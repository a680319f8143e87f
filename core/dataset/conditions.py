"""Compiles an EntryFilter to SQL conditions: one builder for each field, an allowlist of columns."""

import re
from calendar import monthrange
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import reduce
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, literal, literal_column, not_, or_
from sqlalchemy.sql.elements import SQLCoreOperations
from sqlmodel import col, select

from core.dataset.assignment import in_share, needs_second_review, not_leased_to_others
from core.dataset.filters import ALL_MUST_MATCH, NONE, WORD, EntryFilter, Term
from core.dataset.quality import condition_of_check
from core.db import IMPORTED, Events, ImageDatasets, Images, is_about
from core.db.text import holds_text
from core.errors import InvalidInputError

Condition = ColumnElement[bool]

Column = SQLCoreOperations[Any]

_Entry = ImageDatasets

SHORT_ANSWER_CHARS = 40
"""The index over answers covers those up to this length; longer ones are rarely searched as a whole."""


def conditions(project_id: str, entry_filter: EntryFilter, *, by_index: bool = True) -> list[Condition]:
    """Return the conditions of the entries of a project that the filter selects.

    Args:
        by_index: False keeps the database from using an index over the project, for a filter that has a better one.

    Raises:
        InvalidInputError: a value cannot be parsed, such as a score that is not a number.
    """
    # Every index over entries begins with project_id; an expression of it disables them all.
    project = col(_Entry.project_id) if by_index else func.coalesce(col(_Entry.project_id), "")
    found = [project == project_id, col(_Entry.deleted_at).is_(None)]
    positive = sorted((term for term in entry_filter.terms if not term.negated), key=lambda term: term.field)
    for field, terms in groupby(positive, key=lambda term: term.field):
        parts = [_condition(term) for term in terms]
        found.append(and_(*parts) if field in ALL_MUST_MATCH else or_(*parts))
    found += [not_(_condition(term)) for term in entry_filter.terms if term.negated]
    return found


def _condition(term: Term) -> Condition:
    return _BUILDERS[term.field](term.value)


def _word(value: str) -> Condition:
    return or_(*(holds_text(col(column), value) for column in (_Entry.question, _Entry.answer, _Entry.image_name)))


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


def _image_count() -> Column:
    more = col(_Entry.more_image_ids)
    commas = func.length(more) - func.length(func.replace(more, ",", ""))
    return 1 + case((more == literal_column("''"), 0), else_=commas + 1)


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
    return and_(col(_Entry.score) > 0, _number(col(_Entry.score), "score")(value))


def _length(value: str) -> Condition:
    return _number(func.length(col(_Entry.answer)), "length")(value)


def _answer(value: str) -> Condition:
    answer = func.lower(func.trim(col(_Entry.answer)))
    if value == NONE or len(value) > SHORT_ANSWER_CHARS:
        return answer.in_(("", NONE)) if value == NONE else answer == value.lower()  # "none" is also a common answer
    return and_(answer == value.lower(), func.length(col(_Entry.answer)) <= literal_column(str(SHORT_ANSWER_CHARS)))


def side_is(value: str) -> Condition:
    """Return the condition of an image whose longer side is *value* px."""
    width, height = col(Images.width), col(Images.height)
    return _number(case((width > height, width), else_=height), "side")(value)


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
    sign, text = _COMPARISON.match(value).groups()  # type: ignore[union-attr]
    try:
        start, end = _days(text)
    except ValueError as error:
        raise InvalidInputError(
            "created: takes a day such as 2026-05-01, a month, or >2026-05-01.", field="q"
        ) from error
    column = col(_Entry.create_at)
    if sign == ">":
        return column >= end
    if sign == "<":
        return column < start
    return column >= start if sign == ">=" else column < end if sign == "<=" else and_(column >= start, column < end)


def _days(text: str) -> tuple[datetime, datetime]:
    """Return the start of a day or a month and of the next one."""
    month = re.fullmatch(r"\d{4}-\d{2}", text) is not None
    day = date.fromisoformat(f"{text}-01" if month else text)
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    length = timedelta(days=monthrange(day.year, day.month)[1] if month else 1)
    return start, start + length


REVIEWING = ("confirm", "reject", "reopen", "edit", "rate", "tag", "untag", "flag", "unflag", "note", "second")
"""Actions that count as review for ``by:`` and for the facet of annotators."""

_COMPARISON = re.compile(r"(<=|>=|<|>|=?)(.*)", re.DOTALL)


def _number(column: Column, field: str) -> Callable[[str], Condition]:
    def build(value: str) -> Condition:
        low, dots, high = value.partition("..")
        try:
            if dots:
                return column.between(float(low), float(high))
            sign, number = _COMPARISON.match(value).groups()  # type: ignore[union-attr]
            bound = float(number)
        except ValueError as error:
            raise InvalidInputError(f"{field}: takes a number, <3, >=2 or 2..4, not {value}.", field="q") from error
        return {"<": column < bound, "<=": column <= bound, ">": column > bound, ">=": column >= bound}.get(
            sign, column == bound
        )

    return build


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
    "created": _created,
    "by": lambda value: _acted(value, *REVIEWING),
    "skipped": skipped_by,
    "reason": _reason,
    "image": lambda value: is_about(_Entry, [value]),
    "images": lambda value: _number(_image_count(), "images")(value),
    "conversation": _same_or_null(col(_Entry.conversation_id)),
    "origin": _origin,
    "id": lambda value: col(_Entry.id) == value,
    "task": lambda value: col(_Entry.task_id) == value,
    "check": condition_of_check,
    "second": needs_second_review,
    "share": in_share,
    "free": not_leased_to_others,
}
