"""The server itself: whether it is well."""

import asyncio

from fastapi import APIRouter

from core.api.dependencies import ServicesDep
from core.api.schemas import Answer

router = APIRouter(prefix="/api", tags=["server"])


class Health(Answer):
    """Whether the database answers, and whether tasks run in this process."""

    status: str
    runs_tasks: bool
    running_tasks: int


@router.get("/health")
async def get_health(services: ServicesDep) -> Health:
    """Say whether this server is well."""

    def look() -> Health:
        services.db.check_connection()
        engine = services.engine.health()
        return Health(status="ok", runs_tasks=engine.runs_here, running_tasks=engine.running)

    return await asyncio.to_thread(look)
