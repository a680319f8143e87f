"""The sign-in by an OpenID provider among the routes; Authlib is imported at the first request for it."""

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core.accounts.oidc_discovery import CALLBACK_PATH
from core.api.sign_in_page import PROVIDER_PATH
from core.lazy import Lazy, lazy_import

if TYPE_CHECKING:
    from core.api.oidc.routes import OidcRoutes
    from core.services import Services


def oidc_routes(services: "Callable[[], Services]", middleware: Sequence[Middleware] = ()) -> list[Route]:
    """Return the route that leads to the provider, and the one that it leads back to."""

    def make() -> "OidcRoutes":
        made: OidcRoutes = lazy_import("core.api.oidc.routes").OidcRoutes(lambda: services().db)
        return made

    routes = Lazy(make)

    async def answer(request: Request) -> Response:
        made = routes.peek()
        if made is None:
            made = await asyncio.to_thread(routes.get)
        return await made.answer(request)

    return [Route(path, answer, methods=["GET"], middleware=middleware) for path in (PROVIDER_PATH, CALLBACK_PATH)]
