"""Routes of tasks: listing, following, pausing, resuming, cancelling and retrying them."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field
from starlette.responses import StreamingResponse

from core.accounts.actor import Actor
from core.accounts.permissions import Act
from core.api.dependencies import ServicesDep
from core.api.guard import ACTOR
from core.api.media_urls import project_archive_url
from core.api.schemas import Cursor, Id, Limit, Page, RequestBody, ResponseBody, TaskAnswer
from core.db import Tasks
from core.errors import NotFoundError
from core.llm import session_keys
from core.moving import EXPORT_TASK
from core.services import Services
from core.tasks import TaskStatus, models_of, with_models

router = APIRouter(prefix="/api", tags=["tasks"])

# Each poll runs one or two short queries.
POLL_INTERVAL_S = 0.25
PING_INTERVAL_S = 15.0
_EVENT = {
    "type": "object",
    "required": ["event", "data"],
    "properties": {
        "event": {"enum": ["progress", "end"]},
        "data": {
            "type": "string",
            "description": "the task as JSON without its *config*, and the *progress* of its item",
        },
    },
}


class Failures(ResponseBody):
    """The failed items with the same error code, and the message of one of them."""

    error_code: str
    count: int
    example: str


class BatchesAnswer(ResponseBody):
    """How far the batches are that a task waits for."""

    requests: int
    answered: int = Field(description="as the providers count")
    sent_at: datetime | None = Field(description="when the first of them was sent; null while that is not known")


class TaskSummaryAnswer(ResponseBody):
    """Items of a task by state, its cost in US dollars, and its failures by cause."""

    task: TaskAnswer
    queued: int
    running: int
    waiting: int = Field(description="items whose requests are with a provider, in batches")
    done: int
    failed: int
    spent: float
    unpriced_calls: int
    maybe_paid_twice: int
    failures: list[Failures]
    batches: BatchesAnswer | None = Field(description="null when it waits for none")
    status_text: str


class Retried(ResponseBody):
    """How many failed items are processed again."""

    retried: int


async def start(
    services: Services,
    request: Request,
    response: Response,
    actor: Actor,
    project_id: str,
    task_type: str,
    body: RequestBody,
) -> TaskAnswer:
    """Create a task with the fields of *body* as its config, and submit it to the engine.

    API keys in *body* are kept in memory for the task and never stored.
    """
    config = with_models(body.model_dump(exclude_none=True, exclude={"cost_cap"}))
    keys = [model.pop("api_key", None) for model in models_of(config)]
    cost_cap = getattr(body, "cost_cap", None)

    def create() -> Tasks:
        services.projects.get_project(project_id)
        return services.tasks.create_task(project_id, task_type, config, cost_cap=cost_cap, started_by=actor.name)

    task = await asyncio.to_thread(create)
    for index, api_key in enumerate(keys):
        if api_key:
            session_keys.register(task.id, api_key, index)
    await asyncio.to_thread(services.engine.submit, task.id)
    started = task_answer(services, request, task)
    response.headers["Location"] = started.url
    return started


def task_answer(services: Services, request: Request, task: Tasks) -> TaskAnswer:
    """Return the response body for a task, with its URLs."""
    has_ended_export = task.task_type == "dataset-export" and task.ended_at is not None
    export_ids = services.listings.export_ids([task.id]) if has_ended_export else {}
    return _answer(request, task, export_ids.get(task.id))


def _answer(request: Request, task: Tasks, export_id: str | None) -> TaskAnswer:
    base = request.scope.get("root_path", "")
    answer = TaskAnswer.model_validate(task)
    answer.url = f"{base}/api/tasks/{task.id}"
    answer.download_url = f"{base}/exports/{export_id}" if export_id is not None else None
    if task.task_type == EXPORT_TASK and task.status == TaskStatus.COMPLETED:
        answer.download_url = base + project_archive_url(task.id)
    answer.outcomes_url = f"{answer.url}/outcomes" if task.task_type == "image-import" else None
    return answer


@router.get("/projects/{project_id}/tasks")
def list_tasks(
    project_id: Id, request: Request, services: ServicesDep, limit: Limit = 100, cursor: Cursor = None
) -> Page[TaskAnswer]:
    """List the tasks of a project, newest first."""
    services.projects.get_project(project_id)
    page = services.listings.tasks(project_id, limit, cursor)
    export_ids = services.listings.export_ids([task.id for task in page.items])
    items = [_answer(request, task, export_ids.get(task.id)) for task in page.items]
    return Page(items=items, next_cursor=page.next_cursor, total=page.total)


@router.get("/tasks/{task_id}")
def get_task(task_id: Id, request: Request, services: ServicesDep) -> TaskAnswer:
    """Return a task; it has ended when ``ended_at`` is set."""
    return task_answer(services, request, services.tasks.get_task(task_id))


@router.get("/tasks/{task_id}/summary")
def get_task_summary(task_id: Id, request: Request, services: ServicesDep) -> TaskSummaryAnswer:
    """Return a task with its items by state, its cost and its failures by cause."""
    summary = services.tasks.summary(task_id)
    values = {name: getattr(summary, name) for name in TaskSummaryAnswer.model_fields if name != "task"}
    return TaskSummaryAnswer.model_validate(values | {"task": task_answer(services, request, summary.task)})


@router.post("/tasks/{task_id}/cancel")
def cancel_task(task_id: Id, request: Request, services: ServicesDep) -> TaskAnswer:
    """Cancel a task; its results so far stay."""
    return task_answer(services, request, services.tasks.cancel(task_id))


@router.post("/tasks/{task_id}/pause")
def pause_task(task_id: Id, request: Request, services: ServicesDep) -> TaskAnswer:
    """Pause a task: it starts no more items until it is resumed."""
    return task_answer(services, request, services.tasks.pause(task_id))


@router.post("/tasks/{task_id}/resume")
def resume_task(task_id: Id, request: Request, services: ServicesDep) -> TaskAnswer:
    """Resume a paused task."""
    task = services.tasks.resume(task_id)
    services.engine.submit(task_id)
    return task_answer(services, request, task)


@router.post("/tasks/{task_id}/retry")
def retry_task(
    task_id: Id,
    services: ServicesDep,
    error_code: Annotated[str | None, Query(max_length=100, description="only those that failed with it")] = None,
) -> Retried:
    """Process the failed items of an ended task again."""
    count = services.tasks.retry_failed(task_id, error_code)
    if count:
        services.engine.submit(task_id)
    return Retried(retried=count)


@router.get(
    "/tasks/{task_id}/events",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {"schema": _EVENT}}}},
)
async def follow_task(task_id: Id, request: Request, services: ServicesDep) -> StreamingResponse:
    """Follow a task by server-sent events: ``progress`` at each change, ``end`` when it has ended.

    The stream ends for whoever has no role in the project any more.
    """
    await asyncio.to_thread(services.tasks.get_task, task_id)
    return StreamingResponse(
        _events(services, request, task_id),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _events(services: Services, request: Request, task_id: str) -> AsyncIterator[str]:
    """Yield an event for each change of the task, and a comment after ``PING_INTERVAL_S`` without one.

    Comments keep the connection open, because proxies close idle ones; clients ignore them.
    """
    last: dict[str, Any] = {}
    idle_s = 0.0
    while True:
        try:
            state = await asyncio.to_thread(_state, services, request, task_id)
        except NotFoundError:
            return
        has_ended = state["ended_at"] is not None
        if state != last:
            yield f"event: {'end' if has_ended else 'progress'}\ndata: {json.dumps(state, ensure_ascii=False)}\n\n"
            last, idle_s = state, 0.0
        if has_ended:
            return
        if idle_s >= PING_INTERVAL_S:
            yield ": ping\n\n"
            idle_s = 0.0
        await asyncio.sleep(POLL_INTERVAL_S)
        idle_s += POLL_INTERVAL_S


def _state(services: Services, request: Request, task_id: str) -> dict[str, Any]:
    task = services.tasks.get_task(task_id)
    services.access.require(request.scope[ACTOR], Act.READ, task.project_id)
    # A config may name thousands of images, and does not change: it is not repeated in each event.
    state = task_answer(services, request, task).model_dump(mode="json", exclude={"config"})
    return state | {"progress": services.engine.progress(task_id)}
