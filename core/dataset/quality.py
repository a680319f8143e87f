"""Quality checks: common defects of a training set, each one a filter ``check:NAME``.

A check over one row is declared in ``core.db.quality_sql``, any other one here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, literal_column
from sqlmodel import col, select

from core.dataset.disputes import disputed, is_second_review
from core.db import Events, ImageDatasets
from core.db.quality_sql import ROW_CHECKS, RowCheck
from core.errors import InvalidInputError

_Entry = ImageDatasets


@dataclass(frozen=True)
class Check:
    """A quality check.

    Args:
        condition: makes the SQL condition that is true for the failing entries.
        candidates: makes a query of entry ids of a project, a small superset of the failing entries; for a check whose
            condition no index answers.
    """

    name: str
    label: str
    condition: Callable[[], ColumnElement[bool]]
    candidates: Callable[[str], Select[Any]] | None = None


def _row_check(check: RowCheck) -> Check:
    # A typed expression would be compared with 1, and its text would differ from that of the index.
    return Check(check.name, check.label, lambda: literal_column(f"({check.condition})"))


def _breaks_rules_of(answer_type: str) -> Callable[[], ColumnElement[bool]]:
    """The answer broke the rules of its type when it was generated, and was not rewritten since."""
    return lambda: and_(
        col(_Entry.answer_type) == answer_type,
        _needs_review(),
        ~col(_Entry.needs_review).startswith(_language_mismatch()),
    )


def _other_language() -> ColumnElement[bool]:
    return and_(_needs_review(), col(_Entry.needs_review).contains(_language_mismatch()))


def _language_mismatch() -> str:
    from core.questions.language import LANGUAGE_MISMATCH

    return LANGUAGE_MISMATCH


def _needs_review() -> ColumnElement[bool]:
    return col(_Entry.needs_review) != literal_column("''")  # same text as in its index


def _second_reviews(project_id: str) -> Select[Any]:
    return select(col(Events.entity_id)).where(col(Events.project_id) == project_id, is_second_review())


CHECKS: tuple[Check, ...] = (
    Check("label", "Label not among the options", _breaks_rules_of("label")),
    Check("schema", "JSON that breaks its schema", _breaks_rules_of("custom_format")),
    Check("language", "Another language than the asked one", _other_language),
    *(_row_check(check) for check in ROW_CHECKS),
    Check("readers", "Two reviewers disagree", disputed, _second_reviews),
)


def condition_of_check(name: str) -> ColumnElement[bool]:
    """Return the SQL condition that is true for the failing entries.

    Raises:
        InvalidInputError: there is no such check.
    """
    return _check(name).condition()


def label_of_check(name: str) -> str:
    """Return what the check finds.

    Raises:
        InvalidInputError: there is no such check.
    """
    return _check(name).label


def candidates_of_check(name: str, project_id: str) -> Select[Any] | None:
    """Return the query of the check's candidates; None when an index answers its condition.

    Raises:
        InvalidInputError: there is no such check.
    """
    candidates = _check(name).candidates
    return candidates(project_id) if candidates else None


def _check(name: str) -> Check:
    for check in CHECKS:
        if check.name == name:
            return check
    names = ", ".join(check.name for check in CHECKS)
    raise InvalidInputError(f"There is no check called {name}. Use one of {names}.", field="q")
