"""Which entries an export leaves out, each with the first reason that applies."""

from sqlalchemy import ColumnElement, and_, case, func, literal, or_
from sqlmodel import col, select

from core.dataset import parse_search
from core.dataset.conditions import conditions
from core.dataset.values import LEAVE_OUT
from core.db import ImageDatasets, Images, is_about, is_hidden
from core.export.entries import GENERATED
from core.export.recipe import EntryChoice
from core.export.selecting.entry_query import EntryQuery
from core.export.selecting.problems import PROBLEMS, problem_named

_WHITESPACE = " \t\r\n"

IMAGE_DELETED = "its image was deleted"
ON_GENERATED = "on a generated image"
NO_ANSWER = "no answer"
NO_QUESTION = "no question"


def exclusions_of(query: EntryQuery) -> list[tuple[ColumnElement[bool], str]]:
    """Return the conditions that exclude an entry, each with its reason; the first that applies counts."""
    entry, choice = ImageDatasets, query.choice

    def on(test: ColumnElement[bool]) -> ColumnElement[bool]:
        # Few images match each test: an IN over them is faster than a join over all entries.
        ids = select(Images.id).where(col(Images.project_id) == query.project_id, test)
        return col(entry.image_id).in_(ids)

    exclusions: list[tuple[ColumnElement[bool], str]] = [
        (or_(on(col(Images.deleted_at).is_not(None)), on(is_hidden())), IMAGE_DELETED)
    ]
    if not query.includes_rejected:
        exclusions.append((col(entry.rejected).is_(True), "rejected"))
        exclusions.append((_has_tag(LEAVE_OUT), f"tagged {LEAVE_OUT}"))
    if choice.confirmed_only:
        undecided = and_(col(entry.confirmed).is_(False), col(entry.rejected).is_(False))
        exclusions.append(
            (undecided if query.includes_rejected else col(entry.confirmed).is_(False), "not confirmed yet")
        )
    if choice.image_ids:
        exclusions.append((col(entry.image_id).not_in(choice.image_ids), "another image"))
    if choice.search:
        found = and_(*conditions(query.project_id, parse_search(choice.search)))
        # A comparison with NULL is unknown, which counts as not found.
        exclusions.append((case((found, 0), else_=1) == 1, "outside the search"))
    if not choice.generated_images:
        made = select(Images.id).where(Images.project_id == query.project_id, Images.source == GENERATED)
        exclusions.append((is_about(entry, made), ON_GENERATED))
    exclusions += _attribute_exclusions(choice)
    blank = [
        (func.trim(entry.question, _WHITESPACE) == "", NO_QUESTION),
        (func.trim(entry.answer, _WHITESPACE) == "", NO_ANSWER),
    ]
    for problem in sorted(map(problem_named, choice.leave_out), key=PROBLEMS.index):
        # A comparison with NULL is unknown, which counts as no problem.
        excluded = [test for test, _ in (*exclusions, *blank)]
        has_problem = case((problem.condition(query, excluded), 1), else_=0) == 1
        exclusions.append((has_problem, problem.reason))
    return exclusions + blank


def _attribute_exclusions(choice: EntryChoice) -> list[tuple[ColumnElement[bool], str]]:
    """Return the conditions of single columns that exclude an entry."""
    entry = ImageDatasets
    exclusions: list[tuple[ColumnElement[bool], str]] = []
    for column, values in (
        ("answer_type", choice.answer_types),
        ("kind", choice.kinds),
        ("language", choice.languages),
        ("model", choice.models),
    ):
        if values:
            exclusions.append((getattr(entry, column).not_in(values), f"another {column.replace('_', ' ')}"))
    if choice.tags:
        exclusions.append((~or_(*map(_has_tag, choice.tags)), "none of the tags"))
    if choice.min_score:
        exclusions.append((col(entry.score) < choice.min_score, "below the minimum stars"))
    return exclusions


def _has_tag(tag: str) -> ColumnElement[bool]:
    tags = ImageDatasets.tags
    delimited = literal(",") + func.replace(func.replace(tags, ", ", ","), " ,", ",") + literal(",")
    return delimited.contains(f",{tag},", autoescape=True)
