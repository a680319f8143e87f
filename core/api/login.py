"""The route that signs a browser in, with the access password or an account, and signs it out."""

import asyncio
import contextlib
import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from core import password
from core.access import SignInService
from core.accounts.service import AccountService, check_may_sign_in, name_key
from core.addresses import client_group
from core.api import credentials, sign_in_page, signing
from core.api.attempts import AttemptLimiter
from core.api.devices import DEVICE_COOKIE, DEVICE_LIFE_S, device_of
from core.api.errors import problem, retry_after, status_of
from core.arguments import tidy_name
from core.db import Accounts, Database
from core.errors import TooManyTriesError, VitrineError

if TYPE_CHECKING:
    from core.services import Services

log = logging.getLogger(__name__)

PATH = "/access/session"
SIGNED_OUT_COOKIE = "vitrine-signed-out"
"""Says that somebody signed out in this browser: the provider then asks who signs in next."""
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


@dataclass(frozen=True)
class _Person:
    name: str
    account: Accounts | None = None


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
        self._account_limiter = AttemptLimiter()
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
        if self._database().settings.has_oidc:
            path = f"{request.scope.get('root_path', '')}/access/oidc"
            response.set_cookie(SIGNED_OUT_COOKIE, "1", max_age=DEVICE_LIFE_S, path=path, httponly=True, samesite="lax")
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
        device = device_of(request)
        # Without accounts there is one password; with them a device is known for the accounts that it has signed in to.
        is_known = device.is_known and (not self._database().settings.has_accounts or device.has_used(form.name))
        address = request.client.host if request.client is not None else ""
        client_key = f"device:{device.id}" if is_known else f"address:{client_group(address)}"
        found: list[_Person] = []

        async def verify() -> bool:
            found.extend(await self._check(form, is_known=is_known))
            return bool(found)

        try:
            await self._limiter.attempt(client_key, verify, is_known=is_known)
        except TooManyTriesError as error:
            return _refused(request, form, status_of(error), error.code, str(error), retry_after(error))
        if not found:
            log.warning("wrong password", extra={"address": address})
            await asyncio.to_thread(SignInService(self._database()).refuse, _storable(form.name))
            return _refused(request, form, 401, "wrong_password", _wrong(self._database().settings.has_accounts))
        return await self._signed_in(request, form, found[0])

    async def _check(self, form: _Form, *, is_known: bool) -> "list[_Person]":
        """Return who has signed in, empty for a wrong password."""
        found: list[_Person] = []

        async def verify() -> bool:
            async with self._checks:
                found.extend(await asyncio.to_thread(_persons, self._database(), form))
            return bool(found)

        if is_known or not self._database().settings.has_accounts:
            await verify()
        else:
            # All unknown clients together, else many addresses could guess the password of one account.
            await self._account_limiter.attempt(_name_key(form.name), verify, is_known=True)
        return found

    async def _signed_in(self, request: Request, form: _Form, person: _Person) -> Response:
        if person.account is not None:
            check_may_sign_in(person.account)
        cookie = await asyncio.to_thread(credentials.start_session, self._database(), person.name, person.account)
        base = request.scope.get("root_path", "")
        response: Response = Response(status_code=204)
        if form.is_html:
            response = RedirectResponse(sign_in_page.landing_address(form.wanted, base), 303)
        set_session(request, response, cookie, person.name)
        return response


def set_session(request: Request, response: Response, cookie: str, name: str) -> None:
    """Let the browser keep a session of *name*, and the id by which its device is known for that account."""
    for key, value, life_s in (
        (credentials.COOKIE, cookie, credentials.SESSION_LIFE_S),
        (DEVICE_COOKIE, device_of(request).signed_with(name), DEVICE_LIFE_S),
    ):
        # Not "strict": a link in a mail would lead a signed-in person to the sign-in page.
        response.set_cookie(
            key, value, max_age=life_s, path="/", httponly=True, samesite="lax", secure=request.url.scheme == "https"
        )


def _persons(database: Database, form: _Form) -> list[_Person]:
    if database.settings.has_accounts:
        account = AccountService(database).verify(form.name, form.password)
        return [_Person(account.name, account)] if account is not None else []
    hash_ = signing.access_hash(database.settings)
    if not (hash_ and password.matches(hash_, form.password)):
        return []
    return [_Person(_storable(form.name))]


def _name_key(name: str) -> str:
    return f"account:{name_key(name)[:200]}"


def _wrong(has_accounts: bool) -> str:
    if has_accounts:
        return "This name and password do not match. Try again, or ask an admin for a new password."
    return "This is not the password. Try again."


def _storable(name: str) -> str:
    """Return a typed name as it is stored, "local" when it is empty."""
    return tidy_name(name)[: sign_in_page.MAX_NAME_CHARS] or "local"


def _read_form(request: Request, body: bytes) -> _Form:
    is_html = request.headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded")
    fields: object = None
    with contextlib.suppress(ValueError, RecursionError):
        fields = dict(parse_qsl(body.decode(), keep_blank_values=True)) if is_html else json.loads(body)
    given = fields if isinstance(fields, dict) else {}
    # JSON may have lone surrogates, which neither the database nor a hash takes.
    password, name, wanted = (
        str(given.get(field, "")).encode("utf-8", "replace").decode() for field in ("password", "name", "next")
    )
    return _Form(password, name, wanted, is_html)


def _refused(
    request: Request, form: _Form, status: int, code: str, detail: str, headers: dict[str, str] | None = None
) -> Response:
    if not form.is_html:
        return problem(status, code, detail, "password" if status == 401 else None, headers=headers)
    base = request.scope.get("root_path", "")
    settings = request.scope["vitrine.database"].settings
    return sign_in_page.response(
        base, form.wanted, status=status, message=detail, name=form.name, has_accounts=settings.has_accounts,
        provider=settings.oidc_provider, headers=headers,
    )  # fmt: skip
