"""The REST API among the routes; FastAPI is imported at the first request for it."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.api.routing import route_below
from core.lazy import Lazy

if TYPE_CHECKING:
    from core.services import Services

MAX_BODY_BYTES = 20_000_000


def api_routes(services: "Callable[[], Services]", middleware: Sequence[Middleware] = ()) -> list[Route]:
    """Return the routes of the REST API: everything below ``/api`` and ``/ai``."""
    app = LazyApi(services)
    return [route_below(prefix, app, middleware=middleware) for prefix in ("api", "ai")]


class LazyApi:
    """ASGI application that builds the REST API at its first request and passes requests on to it."""

    def __init__(self, services: "Callable[[], Services]") -> None:
        self._services = services
        self._app = Lazy(self._build)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._app.peek()
        if app is None:
            app = await asyncio.to_thread(self._app.get)
        await app(scope, _limited(scope, receive), send)

    def _build(self) -> ASGIApp:
        from core.api.rest import build_api

        return build_api(self._services)


@dataclass
class BodyLimit:
    """How many bytes the body of one request may have; a route that does not read it into memory raises it."""

    max_bytes: int = MAX_BODY_BYTES


def _limited(scope: Scope, receive: Receive) -> Receive:
    """Return a *receive* that raises 413 when a body grows larger than the :class:`BodyLimit` in *scope*."""
    limit = scope["vitrine.body_limit"] = BodyLimit()
    received_bytes = 0

    async def counted() -> Message:
        nonlocal received_bytes
        message = await receive()
        received_bytes += len(message.get("body", b""))
        if received_bytes > limit.max_bytes:
            raise HTTPException(413, f"A body has at most {limit.max_bytes:,} bytes here; send less at a time")
        return message

    return counted
