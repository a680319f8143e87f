"""Autocompletion of the search line: the values in use of a field."""

from sqlalchemy import func, select
from sqlmodel import Session, col

from core.dataset import quality
from core.dataset.conditions import conditions
from core.dataset.filters import FIELDS, EntryFilter
from core.dataset.reviewers import reviewer_names
from core.dataset.stats import tag_names
from core.db import Events, ImageDatasets
from core.db.text import holds_text
from core.search_line import NONE

MAX_VALUES = 50
MAX_NAMES = 12
"""Names of images that are suggested at once: those that hold what was typed so far."""

_Entry = ImageDatasets
_COLUMNS = {
    "kind": col(_Entry.kind), "type": col(_Entry.answer_type), "model": col(_Entry.model),
    "lang": col(_Entry.language), "reason": col(_Entry.reject_reason),
}  # fmt: skip
_PEOPLE = ("by", "skipped", "second", "sent", "free")
_REVIEWERS = ("second", "sent")
"""Of these everybody who may review is a value, also before they have done anything."""


def image_names(session: Session, project_id: str, within: EntryFilter, part: str) -> list[tuple[str, int]]:
    """Return names of images that hold *part*, each with its number of entries of *within*, those with most first."""
    name, count = col(_Entry.image_name), func.count()
    named = select(name, count).where(*conditions(project_id, within), holds_text(name, part))
    return [(str(found), int(n)) for found, n in session.execute(
        named.group_by(name).order_by(count.desc(), name).limit(MAX_NAMES)
    )]  # fmt: skip


def field_values(session: Session, project_id: str, field: str) -> list[str]:
    """Return the values of a field, most frequent first, or its fixed list; none for numbers and dates."""
    fixed = FIELDS[field][1] if field in FIELDS else ()
    if fixed:
        return list(fixed)
    if field == "check":
        return [check.name for check in quality.CHECKS]
    if field == "tag":
        return [*tag_names(session, project_id, MAX_VALUES), NONE]
    if field in _PEOPLE:
        people = select(col(Events.actor)).where(col(Events.project_id) == project_id, col(Events.entity) == "entry")
        if field in _REVIEWERS:  # the twins of the sample are by nobody who could look again
            people = people.where(col(Events.action) != "twin")
        names = list(session.scalars(people.group_by(Events.actor).order_by(func.count().desc()).limit(MAX_VALUES)))
        reviewers = reviewer_names(session, project_id) if field in _REVIEWERS else []
        if reviewers:  # nobody sends an entry to a program, or to somebody who has left
            names = [name for name in names if name in reviewers]
        return list(dict.fromkeys([*names, *reviewers]))[:MAX_VALUES]
    if field in _COLUMNS:
        column, count = _COLUMNS[field], func.count()
        used = select(column).where(*conditions(project_id, EntryFilter())).group_by(column)
        return [value or NONE for value in session.scalars(used.order_by(count.desc(), column).limit(MAX_VALUES))]
    return []
