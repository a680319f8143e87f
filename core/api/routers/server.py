"""The health check of the server."""

import asyncio

from fastapi import APIRouter

from core.api.dependencies import ServicesDep
from core.api.schemas import ResponseBody

router = APIRouter(prefix="/api", tags=["server"])


class Health(ResponseBody):
    """Result of the health check; *running_tasks* counts those of this process."""

    status: str
    runs_tasks: bool
    running_tasks: int


@router.get("/health")
async def get_health(services: ServicesDep) -> Health:
    """Check the database connection and the task engine."""

    def check() -> Health:
        services.db.check_connection()
        engine = services.engine.health()
        return Health(status="ok", runs_tasks=engine.runs_here, running_tasks=engine.running)

    return await asyncio.to_thread(check)
