"""What two reviewers judged differently: flagged by the second review, until somebody decides it, by whichever way.

A change of a text, a rating or a tag decides nothing.
"""

from sqlalchemy import ColumnElement, and_, literal_column
from sqlmodel import Session, col, select

from core.db import Events, ImageDatasets

_Entry = ImageDatasets


def is_second_review() -> ColumnElement[bool]:
    """Return the condition of ``Events``: a second review."""
    return col(Events.action) == literal_column("'second'")  # same text as in its index


def disputed() -> ColumnElement[bool]:
    """Return the condition of entries: a second reviewer decided otherwise, and the flag was not removed since."""
    own = (Events.project_id == _Entry.project_id, Events.entity_id == _Entry.id)
    second = select(1).where(*own, is_second_review(), col(Events.undone_by).is_(None))
    return and_(col(_Entry.flagged).is_(True), second.correlate(_Entry).exists())


def is_disputed(session: Session, entry: ImageDatasets) -> bool:
    """Return whether *entry* is :func:`disputed`; one that has no flag costs no query."""
    return (
        entry.flagged and session.exec(select(_Entry.id).where(_Entry.id == entry.id, disputed())).first() is not None
    )
