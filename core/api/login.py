"""The route that signs a browser in with the access password and signs it out."""

import asyncio
import contextlib
import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from itsdangerous import BadData
from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from core import password
from core.addresses import client_group
from core.api import credentials, sign_in_page, signing
from core.api.attempts import AttemptLimiter, TooManyAttemptsError
from core.api.errors import problem, status_of
from core.db import Database, new_id
from core.errors import VitrineError

if TYPE_CHECKING:
    from core.services import Services

log = logging.getLogger(__name__)

PATH = "/access/session"
DEVICE_COOKIE = "vitrine-device"
DEVICE_LIFE_S = 365 * 24 * 3600
_MAX_BODY_BYTES = 10_000
# Strangers may open connections here: none stays open for the rest of a body.
_BODY_TIMEOUT_S = 15.0
# Each check takes 19 MiB for 20 ms.
_MAX_CHECKS = 2


@dataclass(frozen=True)
class _Form:
    password: str
    name: str
    wanted: str
    is_html: bool
    """Posted by the sign-in page, which gets a page back; programs send and get JSON."""


def sign_in_route(services: "Callable[[], Services]", middleware: Sequence[Middleware] = ()) -> Route:
    """Return the route that the sign-in page posts to: ``{"password", "name"?}``; DELETE signs out."""
    route = _SessionRoute(lambda: services().db)
    # Inside the authentication: a page of another origin learns nothing of the limit.
    limited = [*middleware, Middleware(RequestBodyLimitMiddleware, max_body_size=_MAX_BODY_BYTES)]
    return Route(PATH, route.answer, methods=["GET", "POST", "DELETE"], middleware=limited)


class _SessionRoute:
    def __init__(self, database: Callable[[], Database]) -> None:
        self._database = database
        self._limiter = AttemptLimiter()
        self._checks = asyncio.Semaphore(_MAX_CHECKS)

    async def answer(self, request: Request) -> Response:
        if request.method == "POST":
            return await self._sign_in(request)
        if request.method == "DELETE":
            return await self._sign_out(request)
        return RedirectResponse(f"{request.scope.get('root_path', '')}/", 303)

    async def _sign_out(self, request: Request) -> Response:
        cookie = request.cookies.get(credentials.COOKIE)
        await asyncio.to_thread(credentials.end_session, self._database(), cookie)
        response = Response(status_code=204)
        response.delete_cookie(credentials.COOKIE, path="/", httponly=True, samesite="lax")
        return response

    async def _sign_in(self, request: Request) -> Response:
        try:
            async with asyncio.timeout(_BODY_TIMEOUT_S):
                body = await request.body()
        except TimeoutError:
            return problem(408, "too_slow", "The password did not arrive in time. Try again.")
        form = _read_form(request, body)
        try:
            return await self._check_and_sign_in(request, form)
        except VitrineError as error:  # such as a secret key that cannot be read
            return _refused(request, form, status_of(error), error.code, str(error))

    async def _check_and_sign_in(self, request: Request, form: _Form) -> Response:
        device = _device_id(request)
        address = request.client.host if request.client is not None else ""
        client_key = f"device:{device}" if device is not None else f"address:{client_group(address)}"
        try:
            is_right = await self._limiter.attempt(
                client_key, lambda: self._is_password(form.password), is_known=device is not None
            )
        except TooManyAttemptsError as error:
            return _refused_for_a_while(request, form, error.retry_after_s)
        if not is_right:
            log.warning("wrong password", extra={"address": address})
            return _refused(request, form, 401, "wrong_password", "This is not the password. Try again.")
        return await self._signed_in(request, form, device or new_id())

    async def _is_password(self, attempt: str) -> bool:
        def check() -> bool:
            hash_ = signing.access_hash(self._database().settings)
            return bool(hash_) and password.matches(hash_, attempt)

        async with self._checks:
            return await asyncio.to_thread(check)

    async def _signed_in(self, request: Request, form: _Form, device: str) -> Response:
        storable = form.name.encode("utf-8", "replace").decode().replace("\0", "")  # no lone surrogates
        name = " ".join(storable.split())[: sign_in_page.MAX_NAME_CHARS] or "local"
        cookie = await asyncio.to_thread(credentials.start_session, self._database(), name)
        base = request.scope.get("root_path", "")
        response: Response = Response(status_code=204)
        if form.is_html:
            response = RedirectResponse(sign_in_page.landing_address(form.wanted, base), 303)
        for key, value, life_s in (
            (credentials.COOKIE, cookie, credentials.SESSION_LIFE_S),
            (DEVICE_COOKIE, signing.device_serializer().dumps(device), DEVICE_LIFE_S),
        ):
            # Not "strict": a link in a mail would lead a signed-in person to the sign-in page.
            response.set_cookie(
                key, value, max_age=life_s, path="/", httponly=True, samesite="lax",
                secure=request.url.scheme == "https",
            )  # fmt: skip
        return response


def _read_form(request: Request, body: bytes) -> _Form:
    is_html = request.headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded")
    fields: object = None
    with contextlib.suppress(ValueError, RecursionError):
        fields = dict(parse_qsl(body.decode(), keep_blank_values=True)) if is_html else json.loads(body)
    given = fields if isinstance(fields, dict) else {}
    return _Form(str(given.get("password", "")), str(given.get("name", "")), str(given.get("next", "")), is_html)


def _device_id(request: Request) -> str | None:
    """Return the id of a device that has signed in before."""
    cookie = request.cookies.get(DEVICE_COOKIE)
    try:
        return str(signing.device_serializer().loads(cookie)) if cookie else None
    except BadData:
        return None


def _refused_for_a_while(request: Request, form: _Form, retry_after_s: int) -> Response:
    wait = f"{retry_after_s} seconds" if retry_after_s < 120 else f"{round(retry_after_s / 60)} minutes"
    detail = f"Too many wrong passwords. Try again in {wait}."
    return _refused(request, form, 429, "too_many_tries", detail, {"Retry-After": str(retry_after_s)})


def _refused(
    request: Request, form: _Form, status: int, code: str, detail: str, headers: dict[str, str] | None = None
) -> Response:
    if not form.is_html:
        return problem(status, code, detail, "password" if status == 401 else None, headers=headers)
    base = request.scope.get("root_path", "")
    return sign_in_page.response(base, form.wanted, status=status, message=detail, name=form.name, headers=headers)
