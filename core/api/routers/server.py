"""The state of the server."""

import asyncio
from dataclasses import asdict
from datetime import datetime

from fastapi import APIRouter

from core.api.dependencies import ServicesDep
from core.api.schemas import ResponseBody

router = APIRouter(prefix="/api", tags=["server"])


class ServerStatus(ResponseBody):
    """Whether this process runs tasks, and how many are running in it."""

    runs_tasks: bool
    running_tasks: int
    workers: int | None
    """How many workers were heard of; null when the server itself runs the tasks."""


class WorkerAnswer(ResponseBody):
    """A process that runs tasks for the server."""

    id: str
    name: str
    version: str
    kinds: tuple[str, ...]
    lanes: tuple[str, ...]
    concurrency: int
    chunks: int
    is_draining: bool
    started_at: datetime
    beat_at: datetime


@router.get("/status")
async def get_status(services: ServicesDep) -> ServerStatus:
    """Return the state of the task engine. ``/api/health`` and ``/api/ready`` need no token and say less."""

    def read() -> ServerStatus:
        engine = services.engine.health()
        return ServerStatus(runs_tasks=engine.runs_here, running_tasks=engine.running, workers=engine.workers)

    return await asyncio.to_thread(read)


@router.get("/workers")
async def list_workers(services: ServicesDep) -> list[WorkerAnswer]:
    """List the workers that were heard of: what they run, how many items at a time, how many chunks now."""
    workers = await asyncio.to_thread(services.tasks.list_workers)
    return [WorkerAnswer(**asdict(worker)) for worker in workers]
