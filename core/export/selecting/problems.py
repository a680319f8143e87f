"""Problems of entries that an export asks about: answers that break their rules, contradict, or fail a check."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, case, func, or_, union_all
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from core.dataset.quality import CHECKS, candidates_of_check, condition_of_check, label_of_check
from core.db import ImageDatasets
from core.errors import InvalidInputError
from core.export.selecting import repeated
from core.export.selecting.entry_query import EntryQuery

_Excluded = Sequence[ColumnElement[bool]]
"""For what other reasons an entry is not exported."""


def _fails_one(checks: tuple[str, ...], query: EntryQuery, excluded: _Excluded) -> ColumnElement[bool]:
    return or_(*map(condition_of_check, checks))


def _fails_one_and_repeats(checks: tuple[str, ...], query: EntryQuery, excluded: _Excluded) -> ColumnElement[bool]:
    return or_(*_by_label(checks, excluded).values())


def _by_label(checks: tuple[str, ...], excluded: _Excluded) -> dict[str, ColumnElement[bool]]:
    """Return the condition of each check; of entries that repeat each other, one passes."""
    others = {label_of_check(name): condition_of_check(name) for name in checks if name != repeated.CHECK}
    fails_other = case((or_(*others.values()), 1), else_=0) == 1
    return others | {repeated.LABEL: repeated.repeats_one_that_stays([*excluded, fails_other])}


def _contradicts(checks: tuple[str, ...], query: EntryQuery, excluded: _Excluded) -> ColumnElement[bool]:
    """Another entry on the same images that may be exported has the same question and another answer."""
    entry, other = ImageDatasets, aliased(ImageDatasets)
    same = [
        col(other.image_id) == col(entry.image_id), col(other.more_image_ids) == col(entry.more_image_ids),
        col(other.id) != col(entry.id), col(other.deleted_at).is_(None),
        _plain(other.question) == _plain(entry.question), _plain(other.answer) != _plain(entry.answer),
    ]  # fmt: skip
    if not query.includes_rejected:
        same.append(col(other.rejected).is_(False))
    if query.choice.confirmed_only:
        same.append(or_(col(other.confirmed).is_(True), col(other.rejected).is_(True)))
    # First whether an image has similar questions, which triggers count: few entries have to be compared.
    return and_(_fails_one(checks, query, excluded), select(1).where(*same).correlate(entry).exists())


def _plain(column: object) -> ColumnElement[str]:
    return func.lower(func.trim(column, " .?!"))


@dataclass(frozen=True)
class Problem:
    """A problem of entries; all that have it fail one of the quality checks *checks*."""

    name: str
    one: str
    many: str
    """What is said of several answers or entries that have it; *one* of a single one."""
    checks: tuple[str, ...]
    answer_type: str = ""
    """The type of the answers that can have it; empty for all entries."""
    test: Callable[[tuple[str, ...], EntryQuery, _Excluded], ColumnElement[bool]] = _fails_one
    names_checks: bool = False
    """Whether its sentence has to say which of *checks* entries fail."""

    @property
    def reason(self) -> str:
        """Why an entry was left out."""
        return f"its answer {self.one}" if self.answer_type else f"it {self.one}"

    def condition(self, query: EntryQuery, excluded: _Excluded) -> ColumnElement[bool]:
        """Return the condition that an entry has the problem, if it is exported by *query* and not *excluded*."""
        return self.test(self.checks, query, excluded)

    def by_label(self, excluded: _Excluded) -> dict[str, ColumnElement[bool]]:
        """Return the condition that an entry fails it for each of the checks, by what the check finds."""
        return _by_label(self.checks, excluded)

    def candidates(self, query: EntryQuery) -> ColumnElement[bool]:
        """Return the condition that the index of a check has the entry: counting by indexes reads few rows."""
        entry = ImageDatasets
        failing = []
        for check in self.checks:
            ids = select(col(entry.id)).where(
                col(entry.project_id) == query.project_id, col(entry.deleted_at).is_(None), condition_of_check(check)
            )
            of_check = candidates_of_check(check, query.project_id)
            failing.append(ids if of_check is None else ids.where(col(entry.id).in_(of_check)))
        return col(entry.id).in_(union_all(*failing))


_OWN = ("label", "schema", "disputed")

PROBLEMS: tuple[Problem, ...] = (
    Problem("label", "is not among its labels", "are not among their labels", ("label",), "label"),
    Problem("schema", "breaks its JSON schema", "break their JSON schema", ("schema",), "custom_format"),
    Problem(
        "contradiction", "contradicts another answer to its question", "contradict another answer to their question",
        ("repeated", "disputed"), test=_contradicts,
    ),
    Problem(
        "check", "fails another quality check", "fail another quality check",
        tuple(check.name for check in CHECKS if check.name not in _OWN),
        test=_fails_one_and_repeats, names_checks=True,
    ),
)  # fmt: skip


@dataclass(frozen=True)
class ProblemCount:
    """How many of the selected entries have a problem."""

    name: str
    text: str
    """The problem as a sentence without its point: how many have it, of how many that could have it."""
    count: int


def problem_named(name: str) -> Problem:
    """Return the problem called *name*.

    Raises:
        InvalidInputError: there is none.
    """
    for problem in PROBLEMS:
        if problem.name == name:
            return problem
    names = ", ".join(problem.name for problem in PROBLEMS)
    raise InvalidInputError(f"There is no problem called {name}. Choose from {names}.", field="entries.leave_out")
