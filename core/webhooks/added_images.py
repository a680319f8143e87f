"""Which images an upload or an import has added: the newest of them, for a message that names them."""

from collections.abc import Sequence
from datetime import timedelta

from sqlmodel import Session, col, select

from core.db import LIBRARY, AuditEvents, Images, TaskItems, Tasks

_STORED_BEFORE = timedelta(minutes=1)
"""An act is recorded in the transaction that stores its images, which takes less than this."""
_ITEMS_PER_READ = 20


def uploaded(session: Session, acts: Sequence[AuditEvents], limit: int) -> list[str]:
    """Return the ids of the images that acts of one project have added and that are still there, newest first."""
    count = sum(int(act.details["images"]) for act in acts)
    query = select(Images.id).where(
        Images.project_id == acts[0].project_id, col(Images.deleted_at).is_(None), Images.visibility == LIBRARY,
        col(Images.source).in_({str(act.details["source"]) for act in acts}),
        col(Images.create_at) >= acts[0].at - _STORED_BEFORE, col(Images.create_at) <= acts[-1].at,
    )  # fmt: skip
    return list(session.exec(query.order_by(col(Images.create_at).desc(), col(Images.id)).limit(min(count, limit))))


def imported(session: Session, task: Tasks, limit: int) -> list[str]:
    """Return the ids of the images that an import has added and that are still there, those of its last items first."""
    results = select(TaskItems.result).where(TaskItems.task_id == task.id).order_by(col(TaskItems.position).desc())
    found: dict[str, None] = {}
    for result in session.exec(results.execution_options(yield_per=_ITEMS_PER_READ)):
        known = list(dict.fromkeys(result.get("refs", {}).values()))
        new = select(Images.id).where(
            col(Images.id).in_(known), col(Images.create_at) >= task.create_at, col(Images.deleted_at).is_(None)
        )
        found |= dict.fromkeys(session.exec(new)) if known else {}
        if len(found) >= limit:
            break
    return list(found)[:limit]
