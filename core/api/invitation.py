"""The route of invitations: its page, and what the page posts to."""

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from core.accounts.actor import Actor
from core.accounts.invitations import InvitationService, OpenInvitation
from core.api import credentials, invitation_page
from core.api.errors import status_of
from core.api.login import set_session
from core.api.sign_in_page import provider_link
from core.db import Database
from core.errors import NotFoundError, VitrineError

if TYPE_CHECKING:
    from core.services import Services

PREFIX = "/access/invitation/"
_MAX_BODY_BYTES = 10_000
_BODY_TIMEOUT_S = 15.0


def invitation_route(services: "Callable[[], Services]", middleware: Sequence[Middleware] = ()) -> Route:
    """Return the route that a link of an invitation opens; whoever has the link needs no other credentials."""
    route = _InvitationRoute(lambda: services().db)
    limited = [*middleware, Middleware(RequestBodyLimitMiddleware, max_body_size=_MAX_BODY_BYTES)]
    return Route(f"{PREFIX}{{secret}}", route.answer, methods=["GET", "POST"], middleware=limited)


class _InvitationRoute:
    def __init__(self, database: Callable[[], Database]) -> None:
        self._database = database
        self._checks = asyncio.Semaphore(2)  # a password hash takes 19 MiB

    async def answer(self, request: Request) -> Response:
        database, secret = self._database(), request.path_params["secret"]
        home = f"{request.scope.get('root_path', '')}/"
        if not database.settings.has_accounts:
            return invitation_page.not_valid("This Vitrine has no accounts, so there is nobody to invite.", home)
        try:
            invitation = await asyncio.to_thread(InvitationService(database).find_open, secret)
            visitor = await asyncio.to_thread(_visitor, database, request)
            if request.method == "POST":
                return await self._accept(request, secret, invitation, visitor)
        except NotFoundError as error:
            return invitation_page.not_valid(str(error), home)
        signed_in_as = visitor.name if visitor is not None else None
        return invitation_page.form(invitation, signed_in_as=signed_in_as, provider=_provider(request, database))

    async def _accept(
        self, request: Request, secret: str, invitation: OpenInvitation, visitor: Actor | None
    ) -> Response:
        try:
            async with asyncio.timeout(_BODY_TIMEOUT_S):
                body = await request.body()
        except TimeoutError:
            return invitation_page.form(
                invitation, status=408, message="The form did not arrive in time. Try again.",
                provider=_provider(request, self._database()),
            )  # fmt: skip
        fields = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
        home = RedirectResponse(f"{request.scope.get('root_path', '')}/", 303)
        invitations, name = InvitationService(self._database()), fields.get("name", "")
        try:
            if "join" in fields and visitor is not None and visitor.account_id is not None:
                await asyncio.to_thread(invitations.join, secret, visitor.account_id)
                return home
            async with self._checks:
                account = await asyncio.to_thread(invitations.accept, secret, name, fields.get("password", ""))
            cookie = await asyncio.to_thread(credentials.start_session, self._database(), account.name, account)
        except NotFoundError:
            raise
        except VitrineError as error:
            return invitation_page.form(
                invitation, status=status_of(error), message=str(error), name=name,
                provider=_provider(request, self._database()),
            )  # fmt: skip
        set_session(request, home, cookie, account.name)
        return home


def _provider(request: Request, database: Database) -> str:
    """Return the link by which an invited person signs in at the provider."""
    if not database.settings.has_oidc:
        return ""
    base, secret = request.scope.get("root_path", ""), request.path_params["secret"]
    return provider_link(base, database.settings.oidc_provider, invitation=secret)


def _visitor(database: Database, request: Request) -> Actor | None:
    return credentials.session_actor(database, request.cookies.get(credentials.COOKIE))
