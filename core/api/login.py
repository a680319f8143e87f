"""The route that signs a browser in with the access password and signs it out."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core.access import password_matches
from core.api import guard
from core.api.errors import problem

if TYPE_CHECKING:
    from core.services import Services

PATH = "/access/session"
# Rate limit against guessing, over all clients: 10 wrong passwords a minute do not hinder a person who mistypes.
_MAX_FAILURES = 10
_FAILURE_WINDOW_S = 60.0
_MAX_NAME_CHARS = 60
_MAX_BODY_BYTES = 10_000


def sign_in_route(services: "Callable[[], Services]", middleware: Sequence[Middleware] = ()) -> Route:
    """Return the route that the sign-in form posts to: ``{"password", "name"?}``; DELETE signs out."""
    failures: deque[float] = deque(maxlen=_MAX_FAILURES)

    async def sign_in(request: Request) -> Response:
        response = Response(status_code=204)
        if request.method == "DELETE":
            response.delete_cookie(guard.COOKIE, path="/", httponly=True, samesite="strict")
            return response
        if len(failures) == _MAX_FAILURES and time.monotonic() - failures[0] < _FAILURE_WINDOW_S:
            return problem(429, "too_many_tries", "Too many wrong passwords. Wait a minute, then try again.")
        password, name = await _credentials(request)
        if not await asyncio.to_thread(password_matches, services().db.settings, password):
            failures.append(time.monotonic())
            return problem(401, "wrong_password", "This is not the password. Try again.", "password")
        actor = guard.Actor(" ".join(name.split())[:_MAX_NAME_CHARS] or "local")
        response.set_cookie(
            guard.COOKIE, guard.session_cookie(actor), max_age=guard.SESSION_LIFE_S, path="/", httponly=True,
            samesite="strict", secure=request.url.scheme == "https",
        )  # fmt: skip
        return response

    # Inside the authentication: a page of another origin learns nothing of the limit.
    limited = [*middleware, Middleware(RequestBodyLimitMiddleware, max_body_size=_MAX_BODY_BYTES)]
    return Route(PATH, sign_in, methods=["POST", "DELETE"], middleware=limited)


async def _credentials(request: Request) -> tuple[str, str]:
    try:
        body = await request.json()
    except ValueError:
        body = None
    fields = body if isinstance(body, dict) else {}
    return str(fields.get("password", "")), str(fields.get("name", ""))
