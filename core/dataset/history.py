"""The history of one entry, read from its events."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from core.db import Events


@dataclass(frozen=True)
class HistoryEvent:
    """One change of an entry, with the fields before and after it."""

    id: int
    action: str
    actor: str
    at: datetime
    old: dict[str, Any]
    new: dict[str, Any]
    is_undone: bool


def history(session: Session, entry_id: str) -> list[HistoryEvent]:
    """Return what was done to the entry, oldest first."""
    query = select(Events).where(Events.entity_id == entry_id).order_by(col(Events.id))
    return [
        HistoryEvent(
            event.id or 0, event.action, event.actor, event.at, event.old, event.new, event.undone_by is not None
        )
        for event in session.exec(query)
    ]
