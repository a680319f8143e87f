"""Authentication for all routes: the one place that decides who may do what.

The settings choose the mode. Without a password one person works on this machine: programs on it may call without a
token, web pages of other origins may not. With a password every call needs a page token, a bearer token, the session
cookie of the sign-in form, or, to read one image or export, a signed address.
"""

import asyncio
import hmac
import logging
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from itsdangerous import BadData, URLSafeTimedSerializer
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.access import TokenService, is_loopback
from core.api.errors import bug_response, error_response, problem
from core.api.keys import data_dir, signing_key
from core.config import Settings
from core.errors import VitrineError

if TYPE_CHECKING:
    from core.db import Database
    from core.services import Services

log = logging.getLogger(__name__)

TOKEN_HEADER = "X-Vitrine-Token"  # noqa: S105  a name, no secret
COOKIE = "vitrine-access"
LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")
# Each page run issues a new token; half a day covers a page that stays open without one.
PAGE_TOKEN_LIFE_S = 12 * 3600
SESSION_LIFE_S = 14 * 24 * 3600

_READING = ("GET", "HEAD", "OPTIONS")


@dataclass(frozen=True)
class Actor:
    """Who calls; *name* is written to events and tasks."""

    name: str = "local"
    may_write: bool = True


class AuthMiddleware:
    """Middleware that calls :func:`check` before a route and turns errors of the route into error responses.

    Args:
        services: Returns the services of the process.
        allowed_hosts: Host names the server answers to; empty for those of this machine.
        is_public: True for the sign-in route: refuses pages of other origins, but needs no credentials.
    """

    def __init__(
        self,
        app: ASGIApp,
        services: "Callable[[], Services]",
        allowed_hosts: Sequence[str] = (),
        *,
        is_public: bool = False,
    ) -> None:
        self._app = app
        self._services = services
        self._allowed_hosts = tuple(allowed_hosts) or LOCAL_HOSTS
        self._is_public = is_public

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        has_started = False

        async def watched_send(message: Message) -> None:
            nonlocal has_started
            has_started = True
            await send(message)

        try:
            await self._authenticate(scope, receive, watched_send)
        except Exception as error:
            if has_started:
                raise
            response = error_response(error) if isinstance(error, VitrineError) else bug_response(error, scope)
            await response(scope, receive, send)

    async def _authenticate(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["vitrine.database"] = self._services().db
        scope["vitrine.hosts"] = self._allowed_hosts
        request = HTTPConnection(scope)
        if self._is_public:
            await (_refused_origin(request) or self._app)(scope, receive, send)
            return
        write = scope["method"] not in _READING
        # A bearer token is looked up in the database, which may wait for a writer: off the event loop.
        by_token = "Authorization" in request.headers
        checked = await asyncio.to_thread(check, request, write) if by_token else check(request, write)
        if isinstance(checked, Response):
            await checked(scope, receive, send)
            return
        scope["vitrine.actor"] = checked
        await self._app(scope, receive, _logged(scope, send) if write else send)


def check(request: HTTPConnection, write: bool = False) -> Actor | Response:
    """Return who calls, or the response that refuses the call (401 or 403)."""
    refusal = _refused_origin(request)
    if refusal is not None:
        return refusal
    actor: Actor | None = request.scope.get("vitrine.actor") or _actor(request)
    if actor is None:
        return problem(
            401, "not_signed_in", "This request has no valid token. Send one as Authorization: Bearer …",
            headers={"WWW-Authenticate": "Bearer"},
        )  # fmt: skip
    if write and not actor.may_write:
        return problem(403, "read_only", "This token may read only. Make one that may write in the settings.")
    return actor


def page_token(actor: Actor | str = "local") -> str:
    """Return what a page's component sends as ``X-Vitrine-Token`` to act for *actor*."""
    return _serializer("page").dumps(actor.name if isinstance(actor, Actor) else actor)


def session_cookie(actor: Actor) -> str:
    """Return the value of the cookie that keeps *actor* signed in."""
    return _serializer("session").dumps(actor.name)


def visitor(settings: Settings, address: str | None, cookie: str | None) -> Actor | None:
    """Return the visitor of a page, None if it may not be shown.

    Args:
        settings: With a password set, only *cookie* counts; without one, only *address*.
        address: IP address of the visitor; None for this machine.
        cookie: Value of the session cookie.
    """
    if settings.access_password is not None:
        return _unsign("session", cookie, SESSION_LIFE_S) if cookie else None
    return Actor() if address is None or is_loopback(address) else None


def signature(path: str) -> str:
    """Return the signature that lets anyone read *path* (without base path): always the same, so browsers cache."""
    digest = hmac.digest(signing_key(data_dir()), f"address:{path}".encode(), "sha256")
    return urlsafe_b64encode(digest[:18]).decode()


def _logged(scope: Scope, send: Send) -> Send:
    """Return a *send* that logs one line about a change: method, path, status and duration, never content."""
    began = time.monotonic()

    async def logged_send(message: Message) -> None:
        if message["type"] == "http.response.start":
            duration_ms = round((time.monotonic() - began) * 1000, 1)
            route = scope["path"].encode("unicode_escape").decode()  # a line break in the path stays on one line
            details = {"method": scope["method"], "route": route, "status": message["status"]}
            log.info("change", extra={**details, "duration_ms": duration_ms})
        await send(message)

    return logged_send


# --- credentials ---------------------------------------------------------------------------------------------


def _actor(request: HTTPConnection) -> Actor | None:
    headers = request.headers
    if TOKEN_HEADER in headers:
        return _unsign("page", headers[TOKEN_HEADER], PAGE_TOKEN_LIFE_S)
    if "Authorization" in headers:
        return _bearer_actor(request.scope["vitrine.database"], headers["Authorization"])
    signed = request.query_params.get("s") if b"s=" in request.scope["query_string"] else None
    if signed is not None and request.scope.get("method") in _READING:
        path = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
        return Actor("link", may_write=False) if hmac.compare_digest(signature(path), signed) else None
    # No address: _refused_origin has already checked that the connection arrived on this machine's own interface.
    return visitor(request.scope["vitrine.database"].settings, None, request.cookies.get(COOKIE))


def _bearer_actor(database: "Database", header: str) -> Actor | None:
    scheme, _, secret = header.partition(" ")
    token = TokenService(database).find_token(secret.strip()) if scheme.lower() == "bearer" else None
    return Actor(token.name, token.scope == "write") if token is not None else None


def _serializer(purpose: str) -> URLSafeTimedSerializer:
    return _serializer_with(signing_key(data_dir()), purpose)


@lru_cache(maxsize=16)
def _serializer_with(key: bytes, purpose: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(key, salt=purpose)


def _unsign(purpose: str, value: str, life_s: int) -> Actor | None:
    try:
        return Actor(str(_serializer(purpose).loads(value, max_age=life_s)))
    except BadData:
        return None


# --- origin --------------------------------------------------------------------------------------------------


def _refused_origin(request: HTTPConnection) -> Response | None:
    """Return the response that refuses unknown host names (DNS rebinding) and pages of other origins (CSRF)."""
    host = request.headers.get("Host", "")
    server = request.scope.get("server") or ("localhost", None)
    if request.scope["vitrine.database"].settings.access_password is None and not is_loopback(server[0]):
        return problem(
            403, "open_door", "Without a password only this machine may connect. Set VITRINE_ACCESS_PASSWORD."
        )
    if not _is_allowed(host, request.scope["vitrine.hosts"]):
        return problem(403, "foreign_host", "This server does not answer to that name. Add it to server.allowedHosts.")
    origin = request.headers.get("Origin")
    site = request.headers.get("Sec-Fetch-Site", "none")
    if (origin is not None and _host_of(origin) != host) or site not in ("same-origin", "none"):
        return problem(403, "foreign_page", "Pages of other origins may not call this server. Call it from a program.")
    return None


def _host_of(origin: str) -> str | None:
    """Return host and port of an origin, None when it is not a URL."""
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return None


@lru_cache(maxsize=256)
def _is_allowed(host: str, allowed_hosts: tuple[str, ...]) -> bool:
    """Read ``server.allowedHosts`` as Streamlit does: ports do not count, ``*.`` stands for subdomains."""
    try:
        name = (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return False
    return any(
        pattern == "*" or name == pattern or (pattern.startswith("*.") and name.endswith(pattern[1:]))
        for pattern in (allowed.strip().lower().rstrip(".") for allowed in allowed_hosts)
    )
