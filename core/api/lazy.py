"""The REST API's place among the routes; FastAPI is made when the first request for it comes."""

import asyncio
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from starlette.routing import Route
from starlette.types import Receive, Scope, Send

if TYPE_CHECKING:
    from fastapi import FastAPI


def api_routes(services: Callable[[], Any]) -> list[Route]:
    """Return the routes below which the REST API answers."""
    rest = LazyApi(services)
    return [Route("/api/{rest:path}", rest), Route("/ai/{rest:path}", rest)]


class LazyApi:
    """The REST API as an ASGI application that is built once, when it is first needed."""

    def __init__(self, services: Callable[[], Any]) -> None:
        self._services = services
        self._lock = threading.Lock()
        self._app: FastAPI | None = None

    def app(self) -> "FastAPI":
        """Return the application, building it the first time."""
        with self._lock:
            if self._app is None:
                from core.api.rest import build_api

                self._app = build_api(self._services)
            return self._app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._app or await asyncio.to_thread(self.app)
        await app(scope, receive, send)
