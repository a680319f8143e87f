"""The routes beside the pages: images, exports, uploads, the review desk, the map, sign-in and the REST API.

Building the routes is cheap: FastAPI is imported, and its application built, at the first request for it.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.routing import BaseRoute

    from core.services import Services


def build_routes(services: "Callable[[], Services]", *, allowed_hosts: Sequence[str] = ()) -> "list[BaseRoute]":
    """Return every route beside the pages, each but the health checks behind :class:`core.api.guard.AuthMiddleware`.

    Args:
        services: Returns the services of the process.
        allowed_hosts: Host names the server answers to; empty for those of this machine.
    """
    from starlette.middleware import Middleware

    from core.api.chunks import chunk_routes
    from core.api.desk import desk_routes
    from core.api.guard import AuthMiddleware
    from core.api.health import health_routes
    from core.api.invitation import invitation_route
    from core.api.lazy_api import api_routes
    from core.api.lazy_oidc import oidc_routes
    from core.api.login import sign_in_route
    from core.api.map import map_routes
    from core.api.media import media_routes
    from core.api.response_cache import ResponseCache, response_store
    from core.api.roles import RoleGuard

    authenticated = [
        Middleware(AuthMiddleware, services, allowed_hosts),
        Middleware(RoleGuard, services),  # before the cache, which answers everybody alike
        Middleware(ResponseCache, services, response_store()),
    ]
    by_link = [Middleware(AuthMiddleware, services, allowed_hosts, is_public=True, may_navigate=True)]
    return [
        *health_routes(services),
        # Routes are matched one after the other, so the busiest come first; the health checks lie below /api.
        *media_routes(services, authenticated),
        *api_routes(services, authenticated),
        *desk_routes(services, authenticated),
        *chunk_routes(services, authenticated),
        *map_routes(services, authenticated),
        sign_in_route(services, [Middleware(AuthMiddleware, services, allowed_hosts, is_public=True)]),
        invitation_route(services, by_link),
        *oidc_routes(services, by_link),
    ]
