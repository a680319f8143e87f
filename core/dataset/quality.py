"""Quality checks: what often spoils a training set, each one a filter."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, func, literal_column
from sqlmodel import col, select

from core.db import Events, ImageDatasets, quality_sql
from core.errors import InvalidInputError

LONG_ANSWER_CHARS = 600
"""Longer than nearly every reference answer of the common visual question sets."""
_Entry = ImageDatasets


@dataclass(frozen=True)
class Check:
    """One check; *condition* is met by the entries that fail it."""

    name: str
    label: str
    condition: Callable[[], ColumnElement[bool]]


def _in_words_of_index(condition: str) -> Callable[[], ColumnElement[bool]]:
    return lambda: literal_column(f"({condition})")  # typed as a boolean it would be compared with 1


def _long() -> ColumnElement[bool]:
    return func.length(col(_Entry.answer)) > LONG_ANSWER_CHARS


def _breaks(answer_type: str) -> Callable[[], ColumnElement[bool]]:
    """What broke the rules of its type when it was made, and was written by nobody since."""
    return lambda: and_(
        col(_Entry.answer_type) == answer_type,
        _is_doubtful(),
        ~col(_Entry.needs_review).startswith(_language_mismatch()),
    )


def _foreign() -> ColumnElement[bool]:
    return and_(_is_doubtful(), col(_Entry.needs_review).contains(_language_mismatch()))


def _language_mismatch() -> str:
    from core.questions.language import LANGUAGE_MISMATCH

    return LANGUAGE_MISMATCH


def _is_doubtful() -> ColumnElement[bool]:
    return col(_Entry.needs_review) != literal_column("''")  # in the words of its index


def _readers_differ() -> ColumnElement[bool]:
    """A second reader decided otherwise, and nobody has settled it by taking the flag off."""
    mine = (Events.project_id == _Entry.project_id, Events.entity_id == _Entry.id)
    read = select(1).where(*mine, is_second_reading(), col(Events.undone_by).is_(None))
    return and_(col(_Entry.flagged).is_(True), read.correlate(_Entry).exists())


def is_second_reading() -> ColumnElement[bool]:
    return col(Events.action) == literal_column("'second'")  # in the words of its index


CHECKS: tuple[Check, ...] = (
    Check("label", "Label not among the options", _breaks("label")),
    Check("schema", "JSON that breaks its schema", _breaks("custom_format")),
    Check("language", "Another language than the asked one", _foreign),
    Check("empty", "Empty answer", _in_words_of_index(quality_sql.EMPTY)),
    Check("long", f"Answer over {LONG_ANSWER_CHARS} characters", _long),
    Check("repeated", "Nearly the same question twice on an image", _in_words_of_index("repeats > 0")),
    Check("disputed", "Models disagree", _in_words_of_index("disputes > 0")),
    Check("reveals", "Question gives its answer away", _in_words_of_index(quality_sql.REVEALING)),
    Check("refusal", "Sounds like a refusal", _in_words_of_index(quality_sql.REFUSING)),
    Check("readers", "Two readers disagree", _readers_differ),
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
