"""Who worked on a project's entries, without names: what a dataset card may tell the world."""

from collections import Counter, defaultdict

from sqlalchemy import func
from sqlmodel import Session, col, select

from core.db import Events

_DONE = {"confirm": "confirmed", "reject": "rejected", "edit": "edited"}


def people(session: Session, project_id: str) -> list[Counter[str]]:
    """Return for each person how many decisions stand by what they did, the busiest first."""
    query = (
        select(Events.actor, Events.action, func.count())
        .where(
            Events.project_id == project_id,
            Events.entity == "entry",
            col(Events.action).in_(_DONE),
            col(Events.undone_by).is_(None),
        )
        .group_by(col(Events.actor), col(Events.action))
        .order_by(col(Events.actor))
    )
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for actor, action, count in session.exec(query):
        found[actor][_DONE[action]] += count
    return sorted(found.values(), key=lambda done: -done.total())
