"""Health checks for supervisors and proxies: open to everybody, so they say nothing about the server."""

import asyncio
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from core.errors import VitrineError

if TYPE_CHECKING:
    from core.services import Services

log = logging.getLogger(__name__)


def health_routes(services: "Callable[[], Services]") -> list[Route]:
    """Return ``/api/health``, which says that the process answers, and ``/api/ready``, that the database does too."""
    headers = {"Cache-Control": "no-store"}

    def is_ready() -> bool:
        from sqlalchemy.exc import SQLAlchemyError

        try:
            services().db.check_connection()
        except (VitrineError, SQLAlchemyError) as error:
            log.warning("not ready", exc_info=error)
            return False
        return True

    async def health(_request: Request) -> Response:
        return JSONResponse({"status": "ok"}, headers=headers)

    async def ready(_request: Request) -> Response:
        if await asyncio.to_thread(is_ready):
            return JSONResponse({"status": "ready"}, headers=headers)
        return JSONResponse({"status": "unavailable"}, 503, headers=headers)

    return [Route("/api/health", health, methods=["GET"]), Route("/api/ready", ready, methods=["GET"])]
