"""No way in for anyone else: the one place that decides who may do what.

Three modes follow from the settings. Without a password one person works on this machine: programs on it may call
without a token, web pages from elsewhere may not. With a password every call needs one of: the token of a page,
a bearer token, the cookie of the sign-in page, or, to look at one image or export, a signed address.
"""

import asyncio
import hmac
import logging
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from itsdangerous import BadData, URLSafeTimedSerializer
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.access import TokenService, is_this_machine
from core.api.errors import of_bug, of_error, problem
from core.api.keys import data_dir, signing_key
from core.config import Settings
from core.errors import VitrineError

log = logging.getLogger(__name__)

TOKEN_HEADER = "X-Vitrine-Token"  # noqa: S105  a name, no secret
COOKIE = "vitrine-access"
LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")
# A page that stays open gets a fresh one with each run; half a day covers one that is only looked at.
PAGE_TOKEN_LIFE_S = 12 * 3600
SESSION_LIFE_S = 14 * 24 * 3600

_READING = ("GET", "HEAD", "OPTIONS")


@dataclass(frozen=True)
class Actor:
    """Who asks; *name* is what events and tasks are signed with."""

    name: str = "local"
    may_write: bool = True


class Door:
    """Puts :func:`check` in front of a route, so that no route can forget it.

    *for_anyone* is for signing in: pages from elsewhere are refused there too, people without a token are not.
    """

    def __init__(
        self, app: ASGIApp, services: Callable[[], Any], allowed_hosts: Sequence[str] = (), *, for_anyone: bool = False
    ) -> None:
        self._app = app
        self._services = services
        self._allowed_hosts = tuple(allowed_hosts) or LOCAL_HOSTS
        self._for_anyone = for_anyone

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        has_begun = False

        async def noting(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self._let_in(scope, receive, noting)
        except Exception as error:
            if has_begun:
                raise
            answer = of_error(error) if isinstance(error, VitrineError) else of_bug(error, scope)
            await answer(scope, receive, send)

    async def _let_in(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["vitrine.database"] = self._services().db
        scope["vitrine.hosts"] = self._allowed_hosts
        request = HTTPConnection(scope)
        if self._for_anyone:
            await (_foreign(request) or self._app)(scope, receive, send)
            return
        write = scope["method"] not in _READING
        # A bearer token is looked up in the database, which may wait for a writer; the loop must not.
        by_token = "Authorization" in request.headers
        answer = await asyncio.to_thread(check, request, write) if by_token else check(request, write)
        if isinstance(answer, Response):
            await answer(scope, receive, send)
            return
        scope["vitrine.actor"] = answer
        await self._app(scope, receive, _logged(scope, send) if write else send)


def check(request: HTTPConnection, write: bool = False) -> Actor | Response:
    """Return who asks, or the answer that refuses."""
    refusal = _foreign(request)
    if refusal is not None:
        return refusal
    actor: Actor | Response | None = request.scope.get("vitrine.actor") or _actor(request)
    if actor is None:
        return problem(
            401, "not_signed_in", "Send a token of this Vitrine: Authorization: Bearer …",
            headers={"WWW-Authenticate": "Bearer"},
        )  # fmt: skip
    if isinstance(actor, Actor) and write and not actor.may_write:
        return problem(403, "read_only", "This token may read only. Make one that may write in the settings.")
    return actor


def page_token(actor: Actor | str = "local") -> str:
    """Return what a page's component sends as ``X-Vitrine-Token`` to act for *actor*."""
    return _serializer("page").dumps(actor.name if isinstance(actor, Actor) else actor)


def session_cookie(actor: Actor) -> str:
    """Return the value of the cookie that keeps *actor* signed in."""
    return _serializer("session").dumps(actor.name)


def visitor(settings: Settings, address: str | None, cookie: str | None) -> Actor | None:
    """Return who looks at a page: whoever is at this machine, or, once a password is set, whoever signed in.

    *address* is the visitor's, None for this machine; *cookie* is that of the sign-in form.
    """
    if settings.access_password is not None:
        return _unsign("session", cookie, SESSION_LIFE_S) if cookie else None
    return Actor() if address is None or is_this_machine(address) else None


def signature(path: str) -> str:
    """Return what lets anyone read *path* (without base path): the same each time, so that browsers can cache."""
    digest = hmac.digest(signing_key(data_dir()), f"address:{path}".encode(), "sha256")
    return urlsafe_b64encode(digest[:18]).decode()


def _logged(scope: Scope, send: Send) -> Send:
    """Return a *send* that writes one line about a change: who, where and how it ended, nothing of what."""
    began = time.monotonic()

    async def noting(message: Message) -> None:
        if message["type"] == "http.response.start":
            duration_ms = round((time.monotonic() - began) * 1000, 1)
            route = scope["path"].encode("unicode_escape").decode()  # one line, whatever the address holds
            details = {"method": scope["method"], "route": route, "status": message["status"]}
            log.info("change", extra={**details, "duration_ms": duration_ms})
        await send(message)

    return noting


# --- who asks ------------------------------------------------------------------------------------------------


def _actor(request: HTTPConnection) -> Actor | Response | None:
    headers = request.headers
    if TOKEN_HEADER in headers:
        return _unsign("page", headers[TOKEN_HEADER], PAGE_TOKEN_LIFE_S)
    if "Authorization" in headers:
        return _of_bearer(request.scope["vitrine.database"], headers["Authorization"])
    signed = request.query_params.get("s") if b"s=" in request.scope["query_string"] else None
    if signed is not None and request.scope.get("method") in _READING:
        path = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
        return Actor("link", may_write=False) if hmac.compare_digest(signature(path), signed) else None
    # That the connection came in on this machine was seen at the door already.
    return visitor(request.scope["vitrine.database"].settings, None, request.cookies.get(COOKIE))


def _of_bearer(database: Any, header: str) -> Actor | None:
    kind, _, secret = header.partition(" ")
    token = TokenService(database).find_token(secret.strip()) if kind.lower() == "bearer" else None
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


# --- where from ----------------------------------------------------------------------------------------------


def _foreign(request: HTTPConnection) -> Response | None:
    """Refuse other names of this server (DNS rebinding) and pages from elsewhere, whatever they carry."""
    host = request.headers.get("Host", "")
    server = request.scope.get("server") or ("localhost", None)
    if request.scope["vitrine.database"].settings.access_password is None and not is_this_machine(server[0]):
        return problem(403, "open_door", "Without VITRINE_ACCESS_PASSWORD only this machine is answered. Set it.")
    if not _is_allowed(host, request.scope["vitrine.hosts"]):
        return problem(403, "foreign_host", "This server does not answer to that name. Add it to server.allowedHosts.")
    origin = request.headers.get("Origin")
    site = request.headers.get("Sec-Fetch-Site", "none")
    if (origin is not None and urlsplit(origin).netloc != host) or site not in ("same-origin", "none"):
        return problem(403, "foreign_page", "Pages from elsewhere may not call this server. Call it from a program.")
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
