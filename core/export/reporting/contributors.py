"""What each person contributed to a project, without names: a dataset card is public."""

from collections import Counter, defaultdict

from sqlalchemy import func
from sqlmodel import Session, col, select

from core.db import Events

_LABELS = {"confirm": "confirmed", "reject": "rejected", "edit": "edited"}


def contributors(session: Session, project_id: str) -> list[Counter[str]]:
    """Return for each person the number of decisions by label, without undone ones; most decisions first."""
    query = (
        select(Events.actor, Events.action, func.count())
        .where(
            Events.project_id == project_id,
            Events.entity == "entry",
            col(Events.action).in_(_LABELS),
            col(Events.undone_by).is_(None),
        )
        .group_by(col(Events.actor), col(Events.action))
        .order_by(col(Events.actor))
    )
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for actor, action, count in session.exec(query):
        found[actor][_LABELS[action]] += count
    return sorted(found.values(), key=lambda decisions: -decisions.total())
