"""Compression of responses: texts of the API are gzipped for clients that ask for it, files leave as they are.

A bundle, an image or an archive is compressed already, or leaves faster from the disk than it can be compressed.
"""

from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

FILE_PREFIXES = ("img", "exports", "map")
"""First path segments of the routes that serve files, or numbers that hardly shrink."""
# Level 9 takes several times as long for 1 to 2 % of a list of entries.
_LEVEL = 5
_MIN_BYTES = 500


class Compression:
    """Middleware that gzips responses, except those of the routes of files.

    Args:
        base_path: Prefix of every route, with a slash before it and none behind; empty without one.
    """

    def __init__(self, app: ASGIApp, *, base_path: str = "") -> None:
        self._app = app
        self._gzip = GZipMiddleware(app, minimum_size=_MIN_BYTES, compresslevel=_LEVEL)
        self._files = tuple(f"{base_path}/{prefix}/" for prefix in FILE_PREFIXES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_text = _accepts_gzip(scope) and not scope["path"].startswith(self._files)
        await (self._gzip if is_text else self._app)(scope, receive, send)


def _accepts_gzip(scope: Scope) -> bool:
    # Asked here too, because the middleware takes a tenth of a cached response's time when there is nothing to do.
    return any(name == b"accept-encoding" and b"gzip" in value for name, value in scope["headers"])
