"""Routes of what a task consists of: its items and its cost cap."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import Field

from core.api.dependencies import ServicesDep
from core.api.routers.tasks import task_answer
from core.api.schemas import Id, Limit, RequestBody, ResponseBody, TaskAnswer

router = APIRouter(prefix="/api/tasks/{task_id}", tags=["tasks"])


class TaskItemAnswer(ResponseBody):
    """One unit of a task."""

    position: int
    subject_id: str = Field(description="id of the image, question or entry it is about")
    state: str
    attempts: int
    error_code: str
    error: str
    result: dict[str, Any]
    ended_at: datetime | None


class TaskItems(ResponseBody):
    """Items in their order; *next_after* is the ``after`` of the next ones, null when these are the last."""

    items: list[TaskItemAnswer]
    next_after: int | None


class CostCap(RequestBody):
    """How many US dollars a task may spend in all; null removes the cap."""

    cost_cap: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None


@router.get("/items")
def list_items(
    task_id: Id,
    services: ServicesDep,
    state: Literal["queued", "running", "done", "failed"] | None = None,
    after: Annotated[int, Query(ge=-1, description="position of the last item of the answer before")] = -1,
    limit: Limit = 100,
) -> TaskItems:
    """List the items of a task."""
    services.tasks.get_task(task_id)
    found = services.tasks.items(task_id, state=state, after=after, limit=limit)
    items = [TaskItemAnswer.model_validate(item) for item in found]
    return TaskItems(items=items, next_after=items[-1].position if len(items) == limit else None)


@router.put("/cost-cap")
def set_cost_cap(task_id: Id, body: CostCap, request: Request, services: ServicesDep) -> TaskAnswer:
    """Set the cost cap of a task."""
    return task_answer(services, request, services.tasks.set_cost_cap(task_id, body.cost_cap))
