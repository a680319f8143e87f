"""What may stand behind a field of the search line, for whoever types one."""

from sqlalchemy import func, select
from sqlmodel import Session, col

from core.dataset.conditions import conditions
from core.dataset.filters import FIELDS, NONE, EntryFilter
from core.dataset.quality import CHECKS
from core.dataset.stats import tag_names
from core.db import Events, ImageDatasets

MOST_VALUES = 50

_Entry = ImageDatasets
_COLUMNS = {
    "kind": col(_Entry.kind), "type": col(_Entry.answer_type), "model": col(_Entry.model),
    "lang": col(_Entry.language), "reason": col(_Entry.reject_reason),
}  # fmt: skip
_PEOPLE = ("by", "skipped", "second", "free")


def field_values(session: Session, project_id: str, field: str) -> list[str]:
    """Return the values in use, the most frequent first; closed lists as they are, nothing for numbers and days."""
    closed = FIELDS[field][1] if field in FIELDS else ()
    if closed:
        return list(closed)
    if field == "check":
        return [check.name for check in CHECKS]
    if field == "tag":
        return [*tag_names(session, project_id, MOST_VALUES), NONE]
    if field in _PEOPLE:
        people = select(col(Events.actor)).where(col(Events.project_id) == project_id, col(Events.entity) == "entry")
        return list(session.scalars(people.group_by(Events.actor).order_by(func.count().desc()).limit(MOST_VALUES)))
    if field in _COLUMNS:
        column, count = _COLUMNS[field], func.count()
        used = select(column).where(*conditions(project_id, EntryFilter())).group_by(column)
        return [value or NONE for value in session.scalars(used.order_by(count.desc(), column).limit(MOST_VALUES))]
    return []
