"""Signing in with the password, and out again."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core.access import password_matches
from core.api import guard
from core.api.errors import problem

if TYPE_CHECKING:
    from core.services import Services

PATH = "/access/session"
# One in six seconds: too slow to guess a password, fast enough for a person who mistypes.
_MOST_FAILURES = 10
_WITHIN_S = 60.0
_MAX_NAME_CHARS = 60


def sign_in_route(services: "Callable[[], Services]", middleware: Sequence[Middleware] = ()) -> Route:
    """Return the route that the sign-in form posts to: ``{"password", "name"?}``; DELETE signs out."""
    failures: deque[float] = deque(maxlen=_MOST_FAILURES)

    async def sign_in(request: Request) -> Response:
        answer = Response(status_code=204)
        if request.method == "DELETE":
            answer.delete_cookie(guard.COOKIE, path="/", httponly=True, samesite="strict")
            return answer
        if len(failures) == _MOST_FAILURES and time.monotonic() - failures[0] < _WITHIN_S:
            return problem(429, "too_many_tries", "Too many wrong passwords. Wait a minute, then try again.")
        password, name = await _given(request)
        if not await asyncio.to_thread(password_matches, services().db.settings, password):
            failures.append(time.monotonic())
            return problem(401, "wrong_password", "This is not the password. Try again.", "password")
        actor = guard.Actor(" ".join(name.split())[:_MAX_NAME_CHARS] or "local")
        answer.set_cookie(
            guard.COOKIE, guard.session_cookie(actor), max_age=guard.SESSION_LIFE_S, path="/", httponly=True,
            samesite="strict", secure=request.url.scheme == "https",
        )  # fmt: skip
        return answer

    return Route(PATH, sign_in, methods=["POST", "DELETE"], max_body_size=10_000, middleware=middleware)


async def _given(request: Request) -> tuple[str, str]:
    try:
        body = await request.json()
    except ValueError:
        body = None
    given = body if isinstance(body, dict) else {}
    return str(given.get("password", "")), str(given.get("name", ""))
