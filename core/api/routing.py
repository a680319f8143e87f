"""Routes for every path below a prefix, line breaks included.

Starlette's own ``path`` convertor stops at a line break: such a request would fall through to the pages, past
authentication.
"""

from collections.abc import Sequence

from starlette.convertors import PathConvertor, register_url_convertor
from starlette.middleware import Middleware
from starlette.routing import Route
from starlette.types import ASGIApp


class _AnyPath(PathConvertor):
    regex = r"[\s\S]*"


register_url_convertor("any_path", _AnyPath())


def route_below(prefix: str, app: ASGIApp, *, middleware: Sequence[Middleware] = ()) -> Route:
    """Return a route of *app* for every path below ``/prefix/``."""
    return Route(f"/{prefix}/{{rest:any_path}}", app, middleware=middleware)
