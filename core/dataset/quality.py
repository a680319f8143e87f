"""Quality checks: what often spoils a training set, each one a filter."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, func, literal, literal_column, or_
from sqlalchemy.orm import aliased
from sqlalchemy.sql.elements import SQLCoreOperations
from sqlmodel import col, select

from core.db import Events, ImageDatasets
from core.errors import InvalidInputError

LONG_ANSWER_CHARS = 600
"""Longer than nearly every reference answer of the common visual question sets."""
REVEALING_CHARS = 4
"""Shorter answers ("red", "2") stand in many questions without giving anything away."""

REPEATED_CHARS = 20
"""From here on the beginning of a question says what it asks: "how many cups are on the table"."""

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


def _breaks(answer_type: str) -> Callable[[], ColumnElement[bool]]:
    """What broke the rules of its type when it was made, and was written by nobody since."""
    return lambda: and_(
        col(_Entry.answer_type) == answer_type,
        _is_doubtful(),
        ~col(_Entry.needs_review).startswith(_language_doubt()),
    )


def _foreign() -> ColumnElement[bool]:
    return and_(_is_doubtful(), col(_Entry.needs_review).contains(_language_doubt()))


def _language_doubt() -> str:
    from core.questions.language import LANGUAGE_DOUBT

    return LANGUAGE_DOUBT


def _is_doubtful() -> ColumnElement[bool]:
    return col(_Entry.needs_review) != literal_column("''")  # in the words of its index


def _reveals() -> ColumnElement[bool]:
    answer = func.lower(func.trim(col(_Entry.answer), literal(" .!")))
    return and_(
        func.length(answer) >= REVEALING_CHARS,
        func.replace(func.lower(col(_Entry.question)), answer, "") != func.lower(col(_Entry.question)),
    )


def _repeated() -> ColumnElement[bool]:
    """Another entry of the image asks nearly the same, and the same model or the same answer stands there."""
    other = aliased(_Entry)
    mine, theirs = _near(col(_Entry.question)), _near(col(other.question))
    return (
        select(1)
        .where(
            col(other.image_id) == col(_Entry.image_id),
            col(other.deleted_at).is_(None),
            col(other.id) != col(_Entry.id),
            or_(col(other.model) == col(_Entry.model), _plain(col(other.answer)) == _plain(col(_Entry.answer))),
            or_(mine == theirs, _begins(mine, theirs), _begins(theirs, mine)),
        )
        .correlate(_Entry)
        .exists()
    )


def _near(question: Column) -> ColumnElement[str]:
    """The question without case, signs and articles; blanks at both ends let words be told from parts of words."""
    text: ColumnElement[str] = literal(" ") + func.lower(question) + " "
    for sign in ".,?!'\"":
        text = func.replace(text, sign, "")
    for article in (" the ", " a ", " an "):
        text = func.replace(text, article, " ")
    return text


def _begins(longer: ColumnElement[str], shorter: ColumnElement[str]) -> ColumnElement[bool]:
    """Only a question long enough to say something makes the longer one a repeat."""
    return and_(
        func.length(shorter) >= REPEATED_CHARS,
        func.length(longer) > func.length(shorter),
        func.substr(longer, 1, func.length(shorter)) == shorter,
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


def _readers_differ() -> ColumnElement[bool]:
    """A second reader decided otherwise, and nobody has settled it by taking the flag off."""
    read = select(1).where(Events.entity_id == _Entry.id, Events.action == "second", col(Events.undone_by).is_(None))
    return and_(col(_Entry.flagged).is_(True), read.correlate(_Entry).exists())


def _plain(text: Column) -> ColumnElement[str]:
    return func.lower(func.trim(text, literal(" .?!")))


def _guess() -> ColumnElement[bool]:
    """Words of a model that did not see or does not know."""
    answer = func.lower(col(_Entry.answer))
    return or_(
        *(answer.like(f"%{phrase}%") for phrase in ("as an ai", "i cannot", "i can't", "unable to", "i'm sorry"))
    )


CHECKS: tuple[Check, ...] = (
    Check("label", "Label not among the options", _breaks("label")),
    Check("schema", "JSON that breaks its schema", _breaks("custom_format")),
    Check("language", "Another language than the asked one", _foreign),
    Check("empty", "Empty answer", _empty),
    Check("long", f"Answer over {LONG_ANSWER_CHARS} characters", _long),
    Check("repeated", "Nearly the same question twice on an image", _repeated),
    Check("disputed", "Models disagree", _disputed),
    Check("reveals", "Question gives its answer away", _reveals),
    Check("refusal", "Sounds like a refusal", _guess),
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
