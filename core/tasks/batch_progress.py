"""How far the batches of a task are at their providers."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func
from sqlmodel import Session, col, select

from core.db import ProviderBatches


@dataclass(frozen=True)
class BatchProgress:
    """How far the batches are that a task waits for."""

    requests: int
    answered: int
    """As the providers count."""
    sent_at: datetime | None
    """When the first of them was sent; None while it is not known whether the provider has it."""

    def __str__(self) -> str:
        done = f"waiting for the provider: {self.answered:,} of {self.requests:,} done"
        return f"{done}, submitted {self.sent_at:%H:%M} UTC" if self.sent_at else f"{done}, being submitted"


def batch_progress(session: Session, task_id: str) -> BatchProgress | None:
    """Return how far the open batches of a task are; None when there are none."""
    counts = select(
        func.sum(ProviderBatches.request_count), func.sum(ProviderBatches.done_count), func.min(ProviderBatches.sent_at)
    ).where(ProviderBatches.task_id == task_id, col(ProviderBatches.state).in_(("intended", "sent")))
    requests, answered, sent_at = session.exec(counts).one()
    return BatchProgress(int(requests), int(answered), sent_at) if requests else None
