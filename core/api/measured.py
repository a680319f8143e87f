"""Counting the requests to our own routes, for Prometheus."""

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

if TYPE_CHECKING:
    from core.metrics import Metrics


class Measured:
    """Middleware that counts each request by the template of its route, its method and its status."""

    def __init__(self, app: ASGIApp, metrics: "Metrics", routes: Iterable[Any]) -> None:
        self._app = app
        self._metrics = metrics
        self._templates = {route.endpoint: route.path for route in routes if hasattr(route, "endpoint")}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()

        async def counted_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                seconds = time.perf_counter() - began
                self._metrics.count(scope["method"], self._template(scope), message["status"], seconds)
            await send(message)

        await self._app(scope, receive, counted_send)

    def _template(self, scope: Scope) -> str:
        # FastAPI leaves its route in the scope; of ours, Starlette leaves the endpoint.
        route = scope.get("route")
        return str(route.path if route is not None else self._templates.get(scope.get("endpoint"), "none"))
