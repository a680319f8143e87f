"""The gate: middleware before everything that the server process answers, Streamlit's own routes included.

Where people sign in, nothing but the sign-in page, the routes that it leads to, invitations and the two health checks
answers without credentials. The body of a refused request is not read, and no websocket is accepted. Streamlit's routes
and pages need a session; a token opens the routes beside the pages only.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core import request_ids
from core.accounts.actor import Actor
from core.api import plain_page, sign_in_page
from core.api.credentials import find_actor, known_actor
from core.api.errors import error_response
from core.api.guard import ACTOR, not_signed_in, refused_stranger
from core.api.open_connections import OpenConnections
from core.api.origin import LOCAL_HOSTS, is_navigation, refused_origin, seen_through_proxies
from core.errors import VitrineError

if TYPE_CHECKING:
    from core.config import Settings
    from core.db import Database

log = logging.getLogger(__name__)

HEALTH_PATHS = ("/api/health", "/api/ready")
SESSION_PATH = "/access/session"
INVITATION_PREFIX = "/access/invitation/"
OIDC_PATHS = ("/access/oidc/start", "/access/oidc/callback")
STREAM_PATH = "/_stcore/stream"
"""Streamlit's websocket."""
_NO_UPGRADE = (
    "The page's connection arrived without its websocket upgrade. Let the proxy pass Upgrade and Connection on;"
    " docs/deploy has working files."
)
_NOBODY = "Nobody has an account here yet. Make the first one on the server: vitrine user add NAME --admin"


class Gate:
    """Middleware that admits a request or websocket, or answers it.

    Args:
        settings: The settings; None when nobody signs in and there is no trusted proxy, so that none have to be loaded.
        database: Returns the database of the process; called where people sign in only.
        prefixes: First path segments of the routes beside the pages, for programs with a token.
        allowed_hosts: Host names the server answers to; empty for those of this machine.
        base_path: Prefix of every path, as ``server.baseUrlPath``.
    """

    def __init__(
        self,
        app: ASGIApp,
        settings: "Settings | None",
        database: "Callable[[], Database]",
        *,
        prefixes: Sequence[str],
        allowed_hosts: Sequence[str] = (),
        base_path: str = "",
    ) -> None:
        self._app = app
        self._has_sign_in = settings is not None and settings.has_sign_in
        self._has_accounts = settings is not None and settings.has_accounts
        self._provider = settings.oidc_provider if settings is not None else ""
        self._proxies = settings.trusted_proxies if settings is not None else []
        # With a sign-in a frame could let somebody click what they do not see.
        self._frame_hosts = settings.framed_by if settings is not None and not settings.has_sign_in else ()
        self._database = database
        self._allowed_hosts = tuple(allowed_hosts) or LOCAL_HOSTS
        self._base = f"/{base_path.strip('/')}".rstrip("/")
        self._oidc_paths = tuple(self._base + path for path in OIDC_PATHS) if self._provider else ()
        self._health_paths = tuple(self._base + path for path in HEALTH_PATHS)
        self._below_prefixes = tuple(f"{self._base}/{prefix}/" for prefix in prefixes)
        self._connections = OpenConnections(self._is_still_admitted)
        self._has_warned_of_upgrade = False
        self._has_people = not self._has_accounts or bool(self._provider)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        request_id = request_ids.begin(scope["headers"])
        if scope["type"] == "http":
            send = _with_request_id(send, request_id)
        if scope["type"] == "http" and scope["path"] in self._health_paths:
            await self._app(scope, receive, send)
            return
        scope = seen_through_proxies(scope, self._proxies)
        request = HTTPConnection(scope)
        checked = self._check_origin(request) or await self._find_actor(request)
        if not isinstance(checked, Response) and scope["type"] == "http" and scope["path"] == self._base + STREAM_PATH:
            checked = self._upgrade_required()
        if isinstance(checked, Response):
            await _refuse(plain_page.for_browser(request, checked), scope, receive, send)
            return
        if checked is not None:
            scope[ACTOR] = checked
        if checked is None or not checked.credential:
            await self._app(scope, receive, send)
        else:
            await self._connections.serve(self._app, scope, receive, _kept_private(send))

    def _check_origin(self, request: HTTPConnection) -> Response | None:
        path = request.scope["path"]
        may_navigate = not self._is_for_programs(path) or self._is_invitation(path) or path in self._oidc_paths
        return refused_stranger(request, self._has_sign_in) or refused_origin(
            request, self._allowed_hosts, may_navigate=may_navigate, frame_hosts=self._frame_hosts
        )

    async def _find_actor(self, request: HTTPConnection) -> Actor | Response | None:
        """Return the caller, None where a route decides itself, or the response that refuses."""
        path = request.scope["path"]
        is_for_programs = self._is_for_programs(path)
        if not self._has_sign_in:
            return None if is_for_programs else Actor()
        if self._is_open(path, request.scope.get("method")):
            return None
        actor = known_actor(request)
        if actor is None:
            try:
                actor = await asyncio.to_thread(self._actor_of, request.scope)
            except VitrineError as error:
                return error_response(error)
        if actor is None or not (is_for_programs or actor.has_session):
            if is_navigation(request):
                return await asyncio.to_thread(self._sign_in_page, request)
            return not_signed_in(is_for_programs=is_for_programs)
        return actor

    def _is_open(self, path: str, method: str | None) -> bool:
        """Return whether strangers may come here: to sign in and out, also by a provider, and by an invitation."""
        if path == self._base + SESSION_PATH:
            return method in ("POST", "DELETE")
        if path in self._oidc_paths:
            return method == "GET"
        return self._is_invitation(path) and method in ("GET", "POST")

    def _is_invitation(self, path: str) -> bool:
        return self._has_accounts and path.startswith(f"{self._base}{INVITATION_PREFIX}")

    def _upgrade_required(self) -> Response:
        """Answer an ordinary request for the websocket; the page cannot show why it waits, so the log says it once."""
        if not self._has_warned_of_upgrade:
            self._has_warned_of_upgrade = True
            log.warning(_NO_UPGRADE)
        body = {"code": "upgrade_required", "detail": _NO_UPGRADE}
        return JSONResponse(body, 426, headers={"Upgrade": "websocket", "Connection": "Upgrade"})

    def _actor_of(self, scope: Scope) -> Actor | None:
        # The base path is no part of a signed address.
        return find_actor(HTTPConnection({**scope, "root_path": self._base}), self._database())

    def _is_for_programs(self, path: str) -> bool:
        return path.startswith(self._below_prefixes)

    def _sign_in_page(self, request: HTTPConnection) -> Response:
        wanted = sign_in_page.requested_address(request.scope)
        if not self._has_people:  # asked until the first account is made: accounts are never deleted
            from core.accounts.service import AccountService

            self._has_people = bool(AccountService(self._database()).list_accounts())
        lead = sign_in_page.LEAD if self._has_people else _NOBODY
        return sign_in_page.response(
            self._base, wanted, status=401, has_accounts=self._has_accounts, provider=self._provider, lead=lead
        )

    def _is_still_admitted(self, scope: Scope) -> bool:
        actor = self._actor_of(scope)
        return actor is not None and actor.credential == scope[ACTOR].credential


def _with_request_id(send: Send, request_id: str) -> Send:
    """Return a *send* that adds the id of the request to the response."""
    header = (request_ids.HEADER, request_id.encode())

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), header]
        await send(message)

    return sending


def _kept_private(send: Send) -> Send:
    """Return a *send* with which no shared cache stores a response, and no page of another origin frames it."""

    async def private_send(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers.setdefault("Cache-Control", "private, no-cache")
            headers.setdefault("X-Frame-Options", "SAMEORIGIN")
        await send(message)

    return private_send


async def _refuse(response: Response, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": ""})  # before it is accepted: status 403
    else:
        await response(scope, receive, send)
