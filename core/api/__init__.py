"""What is served beside the pages: images, exports, the desk and the REST API, all behind one door.

Building the routes is cheap: FastAPI is imported, and its application made, when the first request for it comes.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from starlette.routing import BaseRoute


def build_routes(services: Callable[[], Any], *, allowed_hosts: Sequence[str] = ()) -> "list[BaseRoute]":
    """Return every route beside the pages.

    *services* returns the ``core.app.Services`` of the process; *allowed_hosts* are the names this server answers
    to, those of this machine when empty. Nothing is reached but through :func:`core.api.guard.check`.
    """
    from core.api.desk import desk_routes
    from core.api.guard import Door
    from core.api.lazy import api_routes
    from core.api.login import sign_in_route
    from core.api.media import media_routes
    from core.api.response_cache import KeptReplies, ReplyStore

    routes = [*media_routes(services), *desk_routes(services), *api_routes(services)]
    store = ReplyStore()
    for route in routes:
        route.app = Door(KeptReplies(route.app, services, store), services, allowed_hosts)
    sign_in = sign_in_route(services)
    sign_in.app = Door(sign_in.app, services, allowed_hosts, for_anyone=True)
    return [*routes, sign_in]
