"""The state of the server."""

import asyncio

from fastapi import APIRouter

from core.api.dependencies import ServicesDep
from core.api.schemas import ResponseBody

router = APIRouter(prefix="/api", tags=["server"])


class ServerStatus(ResponseBody):
    """Whether this process runs tasks, and how many are running in it."""

    runs_tasks: bool
    running_tasks: int


@router.get("/status")
async def get_status(services: ServicesDep) -> ServerStatus:
    """Return the state of the task engine. ``/api/health`` and ``/api/ready`` need no token and say less."""

    def read() -> ServerStatus:
        engine = services.engine.health()
        return ServerStatus(runs_tasks=engine.runs_here, running_tasks=engine.running)

    return await asyncio.to_thread(read)
