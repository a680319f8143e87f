"""The REST API's place among the routes; FastAPI is made when the first request for it comes."""

import asyncio
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core import process

if TYPE_CHECKING:
    from fastapi import FastAPI


MAX_BODY_BYTES = 20_000_000


def api_routes(services: Callable[[], Any]) -> list[Route]:
    """Return the routes below which the REST API answers."""
    rest = LazyApi(services)
    return [everything_below("api", rest), everything_below("ai", rest)]


def everything_below(place: str, app: ASGIApp) -> Route:
    """Return a route for every path below *place*, those with line breaks in them too.

    Starlette's own pattern stops at one, and such a request would fall through to the pages.
    """
    route = Route(f"/{place}/{{rest:path}}", app)
    route.path_regex = re.compile(rf"^/{place}/(?P<rest>.*)$", re.DOTALL)
    return route


def everything_mounted(prefix: str, routes: list[Route]) -> Mount:
    """Return *routes* below a base path, with the same care for line breaks; all else there are Streamlit's pages."""
    places = "|".join(re.escape(route.path.split("/")[1]) for route in routes)
    mount = Mount(f"/{prefix}", routes=routes)
    mount.path_regex = re.compile(rf"^/{re.escape(prefix)}/(?P<path>(?:{places})(?:/.*)?)$", re.DOTALL)
    return mount


class LazyApi:
    """The REST API as an ASGI application that is built once, when it is first needed."""

    def __init__(self, services: Callable[[], Any]) -> None:
        self._services = services
        self._built: FastAPI | None = None

    def app(self) -> "FastAPI":
        """Return the application, building it the first time."""
        with process.loading():
            if self._built is None:
                from core.api.rest import build_api

                self._built = build_api(self._services)
            return self._built

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._built if self._built is not None else await asyncio.to_thread(self.app)
        await app(scope, _limited(scope, receive), send)


def _limited(scope: Scope, receive: Receive) -> Receive:
    """Return a *receive* that ends with 413 when a body that is read into memory grows too large.

    Uploads go to disk as they come; each of their files has its own limit.
    """
    if Headers(scope=scope).get("Content-Type", "").startswith("multipart/form-data"):
        return receive
    received_bytes = 0

    async def counted() -> Message:
        nonlocal received_bytes
        message = await receive()
        received_bytes += len(message.get("body", b""))
        if received_bytes > MAX_BODY_BYTES:
            raise HTTPException(413, f"A body is at most {MAX_BODY_BYTES:,} bytes; send less at a time")
        return message

    return counted
