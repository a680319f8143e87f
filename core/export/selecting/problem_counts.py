"""How many of the selected entries have each problem."""

from collections.abc import Collection, Mapping, Sequence

import sqlalchemy as sql
from sqlalchemy import ColumnElement, case, func
from sqlmodel import Session, col

from core.db import ImageDatasets
from core.export.selecting.entry_query import EntryQuery
from core.export.selecting.exclusions import exclusions_of
from core.export.selecting.problems import PROBLEMS, Problem, ProblemCount
from core.export.selecting.query import not_deleted
from core.pluralize import pluralize


def count_problems(session: Session, query: EntryQuery, names: Collection[str]) -> list[ProblemCount]:
    """Return the problems called *names* that selected entries have, each with how many have it."""
    excluded = [test for test, _ in exclusions_of(query)]
    selected = [*not_deleted(query.project_id), *(~test for test in excluded)]

    def count(*tests: ColumnElement[bool]) -> int:
        found = sql.select(func.count()).select_from(ImageDatasets).where(*selected, *tests)
        return int(session.execute(found).scalar_one())

    counts = []
    for problem in PROBLEMS:
        having = [problem.candidates(query), problem.condition(query, excluded)]
        if problem.name in names and (number := count(*having)):
            of_type = [col(ImageDatasets.answer_type) == problem.answer_type] if problem.answer_type else []
            text = _sentence(problem, number, count(*of_type))
            if problem.names_checks:
                text += f": {_by_check(session, problem.by_label(excluded), [*selected, *having])}"
            counts.append(ProblemCount(problem.name, text, number))
    return counts


def _sentence(problem: Problem, having: int, possible: int) -> str:
    what = "answer" if problem.answer_type else "entry"
    return f"{having:,} of {pluralize(possible, what)} {problem.one if having == 1 else problem.many}"


def _by_check(
    session: Session, by_label: Mapping[str, ColumnElement[bool]], tests: Sequence[ColumnElement[bool]]
) -> str:
    """Return which checks entries fail, and how many entries fail each: one may fail several."""
    failing = [func.sum(case((fails, 1), else_=0)) for fails in by_label.values()]
    counts = session.execute(sql.select(*failing).select_from(ImageDatasets).where(*tests)).one()
    found = sorted(zip(counts, by_label, strict=True), key=lambda pair: -pair[0])
    return ", ".join(f"{label} ({count:,})" for count, label in found if count)
