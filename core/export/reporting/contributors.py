"""What each person contributed to a project, without names: a dataset card is public."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from core.db import Events, Honeypots

_LABELS = {"confirm": "confirmed", "reject": "rejected", "edit": "edited"}


def contributors(session: Session, project_id: str, among: Sequence[Any] = ()) -> list[Counter[str]]:
    """Return for each person the number of decisions by label, without undone ones; most decisions first.

    Args:
        among: further conditions of ``Events``.
    """
    query = (
        select(Events.actor, Events.action, func.count())
        .where(
            Events.project_id == project_id,
            Events.entity == "entry",
            col(Events.action).in_(_LABELS),
            col(Events.undone_by).is_(None),
            *among,
            col(Events.entity_id).not_in(select(Honeypots.entry_id).where(Honeypots.project_id == project_id)),
        )
        .group_by(col(Events.actor), col(Events.action))
        .order_by(col(Events.actor))
    )
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for actor, action, count in session.exec(query):
        found[actor][_LABELS[action]] += count
    return sorted(found.values(), key=lambda decisions: -decisions.total())
