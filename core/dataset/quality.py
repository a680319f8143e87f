"""Quality checks: what often spoils a training set, each one a filter."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, func, literal, or_
from sqlalchemy.orm import aliased
from sqlalchemy.sql.elements import SQLCoreOperations
from sqlmodel import col, select

from core.db import ImageDatasets
from core.errors import InvalidInputError

LONG_ANSWER_CHARS = 600
"""Longer than nearly every reference answer of the common visual question sets."""
REVEALING_CHARS = 4
"""Shorter answers ("red", "2") stand in many questions without giving anything away."""

Column = SQLCoreOperations[Any]

_Entry = ImageDatasets


@dataclass(frozen=True)
class Check:
    """One check; *condition* is met by the entries that fail it."""

    name: str
    label: str
    condition: Callable[[], ColumnElement[bool]]


def _empty() -> ColumnElement[bool]:
    return func.trim(col(_Entry.answer)).in_(("", "[]", "{}"))


def _long() -> ColumnElement[bool]:
    return func.length(col(_Entry.answer)) > LONG_ANSWER_CHARS


def _odd() -> ColumnElement[bool]:
    return col(_Entry.needs_review) != ""


def _reveals() -> ColumnElement[bool]:
    answer = func.lower(func.trim(col(_Entry.answer), literal(" .!")))
    return and_(
        func.length(answer) >= REVEALING_CHARS,
        func.replace(func.lower(col(_Entry.question)), answer, "") != func.lower(col(_Entry.question)),
    )


def _repeated() -> ColumnElement[bool]:
    """Another entry of the image asks the same and answers the same."""
    other = aliased(_Entry)
    return (
        select(1)
        .where(
            col(other.image_id) == col(_Entry.image_id),
            col(other.deleted_at).is_(None),
            col(other.id) != col(_Entry.id),
            _plain(col(other.question)) == _plain(col(_Entry.question)),
            _plain(col(other.answer)) == _plain(col(_Entry.answer)),
        )
        .correlate(_Entry)
        .exists()
    )


def _disputed() -> ColumnElement[bool]:
    """Another model answers the same question about the image differently."""
    other = aliased(_Entry)
    return (
        select(1)
        .where(
            col(other.image_id) == col(_Entry.image_id),
            col(other.deleted_at).is_(None),
            col(other.model) != col(_Entry.model),
            _plain(col(other.question)) == _plain(col(_Entry.question)),
            _plain(col(other.answer)) != _plain(col(_Entry.answer)),
        )
        .correlate(_Entry)
        .exists()
    )


def _plain(text: Column) -> ColumnElement[str]:
    return func.lower(func.trim(text, literal(" .?!")))


def _guess() -> ColumnElement[bool]:
    """Words of a model that did not see or does not know."""
    answer = func.lower(col(_Entry.answer))
    return or_(
        *(answer.like(f"%{phrase}%") for phrase in ("as an ai", "i cannot", "i can't", "unable to", "i'm sorry"))
    )


CHECKS: tuple[Check, ...] = (
    Check("odd", "Breaks the rules of its type or language", _odd),
    Check("empty", "Empty answer", _empty),
    Check("long", f"Answer over {LONG_ANSWER_CHARS} characters", _long),
    Check("repeated", "Same question and answer twice on an image", _repeated),
    Check("disputed", "Models disagree", _disputed),
    Check("reveals", "Question gives its answer away", _reveals),
    Check("refusal", "Sounds like a refusal", _guess),
)

_BY_NAME = {check.name: check for check in CHECKS}


def condition_of_check(name: str) -> ColumnElement[bool]:
    """Return the condition that the failing entries meet.

    Raises:
        InvalidInputError: there is no such check.
    """
    if name not in _BY_NAME:
        raise InvalidInputError(f"There is no check called {name}. Use one of {', '.join(_BY_NAME)}.", field="q")
    return _BY_NAME[name].condition()
