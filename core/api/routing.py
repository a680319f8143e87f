"""Routes for every path below a prefix, line breaks included.

Starlette's own ``path`` convertor stops at a line break: such a request would fall through to the pages, past
authentication.
"""

from collections.abc import Sequence

from starlette.convertors import PathConvertor, register_url_convertor
from starlette.middleware import Middleware
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send


class _AnyPath(PathConvertor):
    regex = r"[\s\S]*"


register_url_convertor("any_path", _AnyPath())


def route_below(prefix: str, app: ASGIApp, *, base: str = "", middleware: Sequence[Middleware] = ()) -> Route:
    """Return a route of *app* for every path below ``/prefix/``, or below ``/base/prefix/``.

    *app* sees its path without the base: it becomes part of the ``root_path``.
    """
    if base:
        app, prefix = _BelowBase(app, base), f"{base}/{prefix}"
    return Route(f"/{prefix}/{{rest:any_path}}", app, middleware=middleware)


class _BelowBase:
    def __init__(self, app: ASGIApp, base: str) -> None:
        self._app = app
        self._base = base

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        root_path = f"{scope.get('root_path', '')}/{self._base}"
        await self._app({**scope, "root_path": root_path}, receive, send)
