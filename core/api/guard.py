"""Authentication of the routes beside the pages: what the gate has decided, or the same decision without a gate.

The gate (:mod:`core.api.gate`) stands before everything that the server process answers. The middleware here checks
that the caller may write, and turns errors of a route into error responses.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core import request_ids
from core.accounts.actor import Actor
from core.api.credentials import READING_METHODS, TOKEN_HEADER, find_actor
from core.api.error_responses import ErrorResponses
from core.api.errors import problem
from core.api.origin import LOCAL_HOSTS, is_from_this_machine, refused_origin
from core.caller import Caller, acting

if TYPE_CHECKING:
    from core.services import Services

__all__ = ["TOKEN_HEADER", "AuthMiddleware", "check"]

log = logging.getLogger(__name__)

ACTOR = "vitrine.actor"
"""Where the gate leaves the caller in the scope."""
_PATHS_OF_PAGES = ("/desk/", "/map/", "/img/", "/exports/", "/uploads/", "/access/")
"""Routes that the browser code of pages calls; programs call those below /api and /ai."""


class AuthMiddleware:
    """Middleware that calls :func:`check` before a route and turns errors of the route into error responses.

    Args:
        services: Returns the services of the process.
        allowed_hosts: Host names the server answers to; empty for those of this machine.
        is_public: True for the sign-in route: refuses pages of other origins, but needs no credentials.
        may_navigate: Whether a link on a page of another origin may lead here.
    """

    def __init__(
        self,
        app: ASGIApp,
        services: "Callable[[], Services]",
        allowed_hosts: Sequence[str] = (),
        *,
        is_public: bool = False,
        may_navigate: bool = False,
    ) -> None:
        self._app = app
        self._services = services
        self._allowed_hosts = tuple(allowed_hosts) or LOCAL_HOSTS
        self._is_public = is_public
        self._may_navigate = may_navigate
        self._answering_errors = ErrorResponses(self._authenticate)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._answering_errors(scope, receive, send)

    async def _authenticate(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["vitrine.database"] = self._services().db
        scope["vitrine.hosts"] = self._allowed_hosts
        request = HTTPConnection(scope)
        if self._is_public:
            refusal = refused_origin(request, self._allowed_hosts, may_navigate=self._may_navigate)
            with acting(caller_of(request, Actor())):
                await (refusal or self._app)(scope, receive, send)
            return
        write = scope["method"] not in READING_METHODS
        # A token or session is looked up in the database, which may wait for a writer: off the event loop.
        has_sign_in = scope["vitrine.database"].settings.has_sign_in
        is_quick = ACTOR in scope or not (has_sign_in or "Authorization" in request.headers)
        checked = check(request, write) if is_quick else await asyncio.to_thread(check, request, write)
        if isinstance(checked, Response):
            await checked(scope, receive, send)
            return
        scope[ACTOR] = checked
        with acting(caller_of(request, checked)):
            await self._app(scope, receive, _logged(scope, send) if write else send)


def check(request: HTTPConnection, write: bool = False) -> Actor | Response:
    """Return who calls, or the response that refuses the call (401 or 403)."""
    database = request.scope["vitrine.database"]
    actor: Actor | None = request.scope.get(ACTOR)
    if actor is None:
        refusal = refused_stranger(request, database.settings.has_sign_in)
        refusal = refusal or refused_origin(request, request.scope["vitrine.hosts"], may_navigate=False)
        if refusal is not None:
            return refusal
        actor = find_actor(request, database)
    if actor is None:
        return not_signed_in()
    if write and not actor.may_write:
        return problem(403, "read_only", "This token may read only. Make one that may write in the settings.")
    return actor


def caller_of(request: HTTPConnection, actor: Actor) -> Caller:
    """Return who acts by *request*, for the audit."""
    token_id = actor.credential.removeprefix("token:") if actor.credential.startswith("token:") else None
    is_page = token_id is None and request.scope["path"].removeprefix(request.scope.get("root_path", "")).startswith(
        _PATHS_OF_PAGES
    )
    return Caller(
        actor.name, actor.account_id, token_id, address=request.client.host if request.client else "",
        way="page" if is_page else "rest", is_signed_in=bool(actor.credential),
        request_id=request_ids.current() or request_ids.begin(request.scope["headers"]),
    )  # fmt: skip


def refused_stranger(request: HTTPConnection, has_sign_in: bool) -> Response | None:
    """Return the response that refuses other machines while nobody has to sign in."""
    if has_sign_in or is_from_this_machine(request.scope):
        return None
    return problem(403, "open_door", "Without a password only this machine may connect. Set VITRINE_ACCESS_PASSWORD.")


def not_signed_in(*, is_for_programs: bool = True) -> Response:
    """Return the response to a call without valid credentials; only a browser calls what is not for programs."""
    if not is_for_programs:
        return problem(401, "not_signed_in", "You are signed out. Reload to sign in.")
    return problem(
        401, "not_signed_in", "This request has no valid token. Send one as Authorization: Bearer …",
        headers={"WWW-Authenticate": "Bearer"},
    )  # fmt: skip


def _actor_id(actor: Actor) -> str:
    """Return who acted by an id; names do not stand in the log, and neither do ids of sessions."""
    if actor.account_id:
        return f"account:{actor.account_id}"
    return actor.credential if actor.credential.startswith("token:") else "local"


def _logged(scope: Scope, send: Send) -> Send:
    """Return a *send* that logs one line about a change: method, path, status and duration, never content."""
    began = time.monotonic()

    async def logged_send(message: Message) -> None:
        if message["type"] == "http.response.start":
            duration_ms = round((time.monotonic() - began) * 1000, 1)
            route = scope["path"].encode("unicode_escape").decode()  # a line break in the path stays on one line
            details = {"method": scope["method"], "route": route, "status": message["status"]}
            details["actor"] = _actor_id(scope[ACTOR])
            log.info("change", extra={**details, "duration_ms": duration_ms})
        await send(message)

    return logged_send
