"""Adding items to a task."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, insert
from sqlmodel import Session, select

from core.db import TaskItems
from core.tasks.kinds import ItemPlan


def insert_items(session: Session, task_id: str, plan: Sequence[ItemPlan]) -> None:
    """Append items to their stages; positions are ordered by stage first."""
    by_stage: dict[int, list[ItemPlan]] = {}
    for item in plan:
        by_stage.setdefault(item.stage, []).append(item)
    rows = [
        {
            **_ITEM_DEFAULTS,
            "task_id": task_id,
            "position": position,
            "subject_id": item.subject_id,
            "payload": item.payload,
            "stage": stage,
        }
        for stage, items in by_stage.items()
        for position, item in enumerate(items, _next_position(session, task_id, stage))
    ]
    if rows:
        session.execute(insert(TaskItems), rows)


def _next_position(session: Session, task_id: str, stage: int) -> int:
    first = stage * POSITIONS_PER_STAGE
    positions = select(func.max(TaskItems.position)).where(
        TaskItems.task_id == task_id, TaskItems.position >= first, TaskItems.position < first + POSITIONS_PER_STAGE
    )
    last = session.exec(positions).one()
    return first if last is None else last + 1


POSITIONS_PER_STAGE = 100_000_000
_ITEM_DEFAULTS: dict[str, Any] = {
    "state": "queued", "attempts": 0, "error_code": "", "error": "", "result": {},
}  # fmt: skip
