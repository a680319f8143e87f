"""The routes of the sign-in by an OpenID provider: to the provider, and back from it."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from cachetools import TTLCache
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from core.access import SignInService
from core.accounts.oidc_accounts import OidcAccounts
from core.accounts.oidc_discovery import CALLBACK_PATH
from core.addresses import client_group
from core.api import credentials, sign_in_page
from core.api.attempts import AttemptLimiter
from core.api.errors import retry_after, status_of
from core.api.login import SIGNED_OUT_COOKIE, set_session
from core.api.oidc.provider import Answer
from core.api.oidc.renewal import Renewals
from core.api.oidc.sealing import seal, unseal
from core.db import Accounts, Database
from core.errors import ForbiddenError, NotFoundError, SignInProviderError, TooManyTriesError, VitrineError

log = logging.getLogger(__name__)

FLOW_COOKIE = "vitrine-sign-in"
FLOW_LIFE_S = 600
_COOKIE_PATH = "/access/oidc"
_STATE_PREFIX = "_state_vitrine_"
"""Authlib stores under it what belongs to a state."""
_MAX_NEXT_CHARS = 1_500
_MAX_STARTING = 20
_MAX_INVITATION_CHARS = 100
_MAX_USED = 10_000
_EXPIRED = "This sign-in was begun in another browser, more than ten minutes ago, or is done already. Start again."


class OidcRoutes:
    """Answers both routes.

    Args:
        database: Returns the database of the process.
    """

    def __init__(self, database: Callable[[], Database]) -> None:
        self._database = database
        self._limiter = AttemptLimiter()
        self._starting = asyncio.Semaphore(_MAX_STARTING)
        self._used: TTLCache[str, None] = TTLCache(_MAX_USED, FLOW_LIFE_S)

    async def answer(self, request: Request) -> Response:
        """Answer a request for either path."""
        database = self._database()
        if not database.settings.has_oidc:
            raise NotFoundError("People sign in here without an OpenID provider. Open the first page.")
        is_back = request.scope["path"].endswith(CALLBACK_PATH)
        try:
            return await (self._back(request, database) if is_back else self._start(request, database))
        except VitrineError as error:
            log.warning("sign-in by the provider: %s", error, exc_info=error.__cause__)
            return _refused(request, database, error)

    async def _start(self, request: Request, database: Database) -> Response:
        """Send the browser to the provider; what it has to bring back is in a cookie."""
        wanted = request.query_params.get("next", "")
        flow: dict[str, Any] = {"next": wanted if len(wanted) <= _MAX_NEXT_CHARS else ""}
        if "invitation" in request.query_params:
            flow["invitation"] = request.query_params["invitation"][:_MAX_INVITATION_CHARS]
        request.scope["session"] = flow
        # After signing out here the provider still knows the person: the next one at this screen may be another.
        again = {"prompt": "login"} if SIGNED_OUT_COOKIE in request.cookies else {}
        if self._starting.locked():  # a provider that does not answer must not let strangers pile up connections
            raise SignInProviderError("Many people are signing in at this moment. Try again in a minute.")
        async with self._starting:
            provider = database.shared(Renewals).provider
            redirect = await provider.sign_in_redirect(request, _callback(request), **again)
        redirect.set_cookie(
            FLOW_COOKIE, seal(database.settings, flow), max_age=FLOW_LIFE_S, path=_base(request) + _COOKIE_PATH,
            httponly=True, samesite="lax", secure=request.url.scheme == "https",
        )  # fmt: skip
        redirect.headers["Cache-Control"] = "no-store"
        return redirect

    async def _back(self, request: Request, database: Database) -> Response:
        """Sign in whom the provider names, if this browser was sent to it and has not come back before."""
        flow = unseal(database.settings, request.cookies.get(FLOW_COOKIE), FLOW_LIFE_S)
        state = request.query_params.get("state", "")
        if not isinstance(flow, dict) or f"{_STATE_PREFIX}{state}" not in flow or state in self._used:
            raise ForbiddenError(_EXPIRED)
        self._used[state] = None
        request.scope["session"] = flow
        response = RedirectResponse(sign_in_page.landing_address(str(flow.get("next", "")), _base(request)), 303)
        address = request.client.host if request.client is not None else ""

        async def sign_in() -> bool:
            answer = await database.shared(Renewals).provider.answer(request)
            account, cookie = await asyncio.to_thread(_sign_in, database, answer, flow.get("invitation"))
            set_session(request, response, cookie, account.name)
            return True

        try:
            await self._limiter.attempt(f"address:{client_group(address)}", sign_in, is_known=False)
        except TooManyTriesError as error:
            raise TooManyTriesError(error.retry_after_s, "failed sign-ins") from None
        for cookie in (FLOW_COOKIE, SIGNED_OUT_COOKIE):
            response.delete_cookie(cookie, path=_base(request) + _COOKIE_PATH)
        return response


def _sign_in(database: Database, answer: Answer, invitation: str | None) -> tuple[Accounts, str]:
    try:
        account = OidcAccounts(database).sign_in(answer.identity, invitation)
    except VitrineError:
        SignInService(database).refuse(answer.identity.name, by_provider=True)
        raise
    token = seal(database.settings, answer.refresh_token) if answer.refresh_token else None
    minutes = database.settings.oidc_session_minutes
    cookie = credentials.start_session(database, account.name, account, minutes=minutes, refresh_token=token)
    return account, cookie


def _refused(request: Request, database: Database, error: VitrineError) -> Response:
    status = status_of(error)
    wanted = request.query_params.get("next", "")
    response: Response = sign_in_page.response(
        _base(request), wanted, status=status, message=str(error), has_accounts=True,
        provider=database.settings.oidc_provider, headers=retry_after(error),
    )  # fmt: skip
    if request.scope["path"].endswith(CALLBACK_PATH):
        response.delete_cookie(FLOW_COOKIE, path=_base(request) + _COOKIE_PATH)
    return response


def _callback(request: Request) -> str:
    return f"{request.url.scheme}://{request.url.netloc}{_base(request)}{CALLBACK_PATH}"


def _base(request: Request) -> str:
    return str(request.scope.get("root_path", ""))
