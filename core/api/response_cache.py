"""Response cache: responses to GET requests are reused until the database changes."""

import asyncio
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cachetools import LRUCache
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.errors import NotFoundError

if TYPE_CHECKING:
    from core.services import Services

# Their responses depend only on the database and on files that never change under their name.
_CACHED_PREFIXES = ("/img/", "/api/projects", "/api/images/", "/api/image-datasets/", "/ai/")
# Not the original: its response contains the name of the image, which can change.
# Their responses name signed addresses, which end with the credential of the caller.
_SIGNING_PREFIX = "/ai/"
# Each caller sees the projects that they have a role in.
_OWN_LIST = "/api/projects"
# They depend on who asks, and on the time: leases end, and a day goes by, without a write.
_NEVER_CACHED_PATH = re.compile(r"/api/projects/[^/]+/(?:review-queue|people|people/me|known-answers)")
_TILE_PATH = re.compile(r"/img/[^/]+/tile/.*")
_RENDITION_PATH = re.compile(r"/img/([^/]+)/(?:thumb|view)")
_MAX_BODY_BYTES = 1_000_000
_MAX_TOTAL_BYTES = 64_000_000
# While a commit is written, for some milliseconds, the version is unknown; it is polled without blocking a thread.
_MAX_COMMIT_S, _POLL_INTERVAL_S = 0.05, 0.001

Headers = list[tuple[bytes, bytes]]
Key = tuple[str, bytes, str]
"""Path, query string and the credential that the response was made for."""


@dataclass(frozen=True)
class CachedResponse:
    """A response with status 200, valid for one version of the database."""

    version: int
    headers: Headers
    body: bytes


def response_store() -> "LRUCache[Key, CachedResponse]":
    """Return an empty LRU cache, bounded by the total size of the bodies; only the event loop's thread uses it."""
    return LRUCache(_MAX_TOTAL_BYTES, getsizeof=lambda response: len(response.body))


class ResponseCache:
    """Middleware that answers GET requests from a cache while the database has the same version.

    Concurrent requests for the same address share one response.

    Args:
        services: Returns the services of the process.
        store: The cache, which all routes share.
    """

    def __init__(
        self, app: ASGIApp, services: "Callable[[], Services]", store: "LRUCache[Key, CachedResponse]"
    ) -> None:
        self._app = app
        self._services = services
        self._store = store
        self._in_flight: dict[tuple[Key, int], asyncio.Event] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        version = None
        if scope["method"] == "GET" and is_cached(path) and not _has_range(scope):
            version = await self._version()
        if version is None:
            await self._app(scope, receive, send)
            return
        credential = scope["vitrine.actor"].credential if is_own(path) else ""
        key = (scope["path"], scope["query_string"], credential)
        cached = await self._find_cached(key, version, path)
        if cached is not None:
            await _send(cached, scope, send)
            return
        recorder = _Recorder(send)
        with self._others_waiting(key, version):
            await self._app(scope, receive, recorder)
            if recorder.is_complete:
                self._store[key] = CachedResponse(version, recorder.headers, bytes(recorder.body))

    @contextmanager
    def _others_waiting(self, key: Key, version: int) -> Iterator[None]:
        """Let concurrent requests for the same address wait for the end of this block."""
        self._in_flight[key, version] = finished = asyncio.Event()
        try:
            yield
        finally:
            self._in_flight.pop((key, version), None)
            finished.set()

    async def _version(self) -> int | None:
        db = self._services().db
        version: int | None = db.data_version()
        deadline = time.monotonic() + _MAX_COMMIT_S
        while version is None and db.is_versioned and time.monotonic() < deadline:
            await asyncio.sleep(_POLL_INTERVAL_S)
            version = db.data_version()
        return version

    async def _find_cached(self, key: Key, version: int, path: str) -> CachedResponse | None:
        """Return the cached response for this version, after waiting for one that is in flight."""
        in_flight = self._in_flight.get((key, version))
        if in_flight is not None:
            await in_flight.wait()
        cached = self._store.get(key)
        if cached is None or cached.version == version:
            return cached
        rendition = _RENDITION_PATH.fullmatch(path)
        if rendition is None:
            return None
        # Shared as well: after each write, eight clients that read one image asked eight times whether it still exists.
        with self._others_waiting(key, version):
            if not await asyncio.to_thread(self._image_exists, rendition[1]):
                return None
            renewed = self._store[key] = replace(cached, version=version)
            return renewed

    def _image_exists(self, image_id: str) -> bool:
        # An existing image has not changed: its bytes never do.
        services = self._services()
        try:
            services.ownership.check("image_id", image_id)
        except NotFoundError:
            return False
        return services.images.get_image(image_id, include_hidden=True) is not None


class _Recorder:
    """A *send* that also records the response if it has status 200, a Content-Length and a short body."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._is_cacheable = False
        self.headers: Headers = []
        self.body = bytearray()
        self.is_complete = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.headers = list(message["headers"])
            has_length = any(name == b"content-length" for name, _ in self.headers)
            self._is_cacheable = message["status"] == 200 and has_length
        elif self._is_cacheable and message["type"] == "http.response.body":
            self.body += message.get("body", b"")
            self._is_cacheable = len(self.body) <= _MAX_BODY_BYTES
            self.is_complete = self._is_cacheable and not message.get("more_body", False)
        await self._send(message)


def is_cached(path: str) -> bool:
    """Return whether responses of this path are cached."""
    # Tiles would replace everything else in the cache; the disk has them, and the browser keeps them.
    is_excluded = _TILE_PATH.fullmatch(path) or _NEVER_CACHED_PATH.fullmatch(path)
    return path.startswith(_CACHED_PREFIXES) and not is_excluded


def is_own(path: str) -> bool:
    """Return whether cached responses of this path are for one credential only."""
    return path.startswith(_SIGNING_PREFIX) or path == _OWN_LIST


def _has_range(scope: Scope) -> bool:
    return any(name == b"range" for name, _ in scope["headers"])


async def _send(response: CachedResponse, scope: Scope, send: Send) -> None:
    etag = next((value for name, value in response.headers if name == b"etag"), None)
    client_etags = next((value for name, value in scope["headers"] if name == b"if-none-match"), b"")
    if etag is not None and etag in client_etags:
        headers = [(name, value) for name, value in response.headers if name in (b"etag", b"cache-control")]
        await send({"type": "http.response.start", "status": 304, "headers": headers})
        await send({"type": "http.response.body"})
        return
    # A copy of the list: outer middleware adds headers to it, for this request only.
    await send({"type": "http.response.start", "status": 200, "headers": [*response.headers]})
    await send({"type": "http.response.body", "body": response.body})
