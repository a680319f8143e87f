"""The server's side of Vitrine: routes beside the pages, start-up and shutdown.

Importing this module is cheap: the server listens before most libraries are imported, and imports them while the
browser fetches the page's scripts.
"""

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core import interpreter, uvicorn_private
from core.lazy import Lazy, lazy_import
from core.runtime import runtime

if TYPE_CHECKING:
    from starlette.middleware import Middleware
    from starlette.requests import Request
    from starlette.routing import BaseRoute
    from starlette.types import ASGIApp, Receive, Scope, Send

    from core.config import Settings

PREFIXES = ("img", "exports", "uploads", "desk", "map", "access", "api", "ai")
"""First path segments of every route beside the pages."""


# Settings that the gate needs; without them nothing has to be imported before the first page.
_GATE_VARIABLES = {
    "VITRINE_ACCESS_PASSWORD", "VITRINE_SIGN_IN", "VITRINE_TRUSTED_PROXIES", "VITRINE_FRAMED_BY", "VITRINE_OIDC_ISSUER",
}  # fmt: skip


_LOCAL_HOSTS = {"127.0.0.1", "localhost", "::1"}


def access_settings(address: str | None, allowed_hosts: Sequence[str] = ()) -> "Settings | None":
    """Return the settings for :func:`gate`, None when a single person uses this machine and nothing is configured.

    Exits with one sentence when a setting is not usable, or when *address* (None: every address) or one of
    *allowed_hosts* is public and no password is set.
    """
    is_configured = bool(_GATE_VARIABLES & {name.upper() for name in os.environ})
    if {address, *allowed_hosts} <= _LOCAL_HOSTS and not is_configured:
        return None  # the usual case, without importing anything
    from core.access import check_listening_address
    from core.config import load_settings
    from core.errors import ConfigurationError

    try:
        settings = load_settings()
        check_listening_address(address, settings, allowed_hosts)
    except ConfigurationError as error:
        sys.exit(str(error))
    return settings


def gate(settings: "Settings | None", *, base_path: str = "", allowed_hosts: Sequence[str] = ()) -> "Middleware":
    """Return the middleware that stands before everything the process answers.

    Args:
        settings: What :func:`access_settings` returned.
        base_path: Prefix of every route, as ``server.baseUrlPath``.
        allowed_hosts: Host names the server answers to; empty for those of this machine.
    """
    from starlette.middleware import Middleware

    from core.api.gate import Gate

    uvicorn_private.ignore_proxy_headers()
    return Middleware(
        Gate, settings, lambda: runtime.database, prefixes=PREFIXES, allowed_hosts=allowed_hosts, base_path=base_path
    )


def own_routes(base_path: str = "", allowed_hosts: Sequence[str] = ()) -> "Middleware":
    """Return the middleware that answers images, exports, uploads, review desk, sign-in and REST API.

    It stands before Streamlit's middleware, whose work these routes do not need: a session cookie, a check of file
    paths, and compression of downloads that are compressed already.

    Args:
        base_path: Prefix of every route, as ``server.baseUrlPath``.
        allowed_hosts: Host names the server answers to; empty for those of this machine.
    """
    from starlette.middleware import Middleware

    return Middleware(_OwnRoutes, base_path=base_path, allowed_hosts=allowed_hosts)


def icon_route(icon: Path, base_path: str = "") -> "BaseRoute":
    """Return the route of the file that replaces Streamlit's icon in the browser's tab."""
    from starlette.responses import FileResponse
    from starlette.routing import Route

    return Route(f"/{base_path.strip('/')}/favicon.png".replace("//", "/"), lambda _request: FileResponse(icon))


def sample_route(base_path: str = "") -> "BaseRoute":
    """Return the route of the photographs that the first screen shows, before there is a project."""
    from starlette.routing import Mount
    from starlette.staticfiles import StaticFiles

    directory = Path(__file__).parent / "sample" / "thumbnails"
    return Mount(f"/{base_path.strip('/')}/sample".replace("//", "/"), StaticFiles(directory=directory))


def page_routes(url_paths: Iterable[str], html: str, base_path: str = "") -> "list[BaseRoute]":
    """Return the routes that answer the pages at *url_paths* with *html*."""
    from starlette.responses import HTMLResponse
    from starlette.routing import Route

    base = f"/{base_path.strip('/')}".rstrip("/")

    async def answer(_request: "Request") -> HTMLResponse:
        return HTMLResponse(html, headers={"Cache-Control": "no-cache"})

    return [Route(f"{base}/{path}", answer) for path in url_paths]


def first_page_route(name: str, base_path: str = "") -> "BaseRoute":
    """Return the route that leads from the *name* of the first page to its address, the root, with its parameters."""
    from starlette.responses import RedirectResponse
    from starlette.routing import Route

    base = f"/{base_path.strip('/')}".rstrip("/")

    async def lead(request: "Request") -> RedirectResponse:
        return RedirectResponse(f"{base}/?{request.url.query}".removesuffix("?"))

    return Route(f"{base}/{name}", lead)


class _OwnRoutes:
    """Middleware with every route of ``core.api``, which the first request imports."""

    def __init__(self, app: "ASGIApp", base_path: str, allowed_hosts: Sequence[str]) -> None:
        self._app = app
        self._base = f"/{base_path.strip('/')}".rstrip("/")
        self._allowed_hosts = allowed_hosts
        self._below_base = tuple(f"{self._base}/{prefix}/" for prefix in PREFIXES)
        self._routes = Lazy(self._build)

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        if scope["type"] not in ("http", "websocket") or not scope["path"].startswith(self._below_base):
            await self._app(scope, receive, send)
            return
        routes = self._routes.peek()
        if routes is None:
            routes = await asyncio.to_thread(self._routes.get)
        if self._base:
            # The routes see their path without the base: it is part of the root path.
            scope = {**scope, "root_path": scope.get("root_path", "") + self._base}
        with runtime.warm_up.serving():
            await routes(scope, receive, send)

    def _build(self) -> "ASGIApp":
        lazy_import("core.rooms")
        from starlette.middleware.exceptions import ExceptionMiddleware
        from starlette.routing import Router

        from core.api import build_routes
        from core.api.compression import Compression

        router = Router(build_routes(lambda: runtime.services, allowed_hosts=self._allowed_hosts))
        app: ASGIApp = Compression(ExceptionMiddleware(router), base_path=self._base)
        if (metrics := runtime.metrics) is not None:
            from core.api.measured import Measured

            app = Measured(app, metrics, router.routes)
        return app


def import_before_listening() -> None:
    """Import SQLAlchemy, which shortens the time from the first message of the first page to the last.

    Beyond a third of a second the browser keeps its placeholders for 0.3 s more: so ended half of 28 starts, and none
    of 28 with this. The server listens 0.17 s later.
    """
    with interpreter.importing_first():
        import sqlalchemy.orm  # noqa: F401


@contextlib.asynccontextmanager
async def lifespan(_app: Any, first_page: str = "") -> AsyncIterator[dict[str, Any]]:
    """Start-up and shutdown of the server process; the shutdown returns when everything has stopped.

    *first_page* names the module of the pages that the warm-up imports with what the first page needs of core.
    """
    interpreter.apply_server_policy()
    uvicorn_private.limit_request_heads()
    warm_up = runtime.warm_up
    warming = asyncio.create_task(asyncio.to_thread(warm_up.run, first_page))
    try:
        yield {}
    finally:
        warm_up.stop()
        with contextlib.suppress(asyncio.CancelledError):
            await warming
        await asyncio.to_thread(runtime.close)
