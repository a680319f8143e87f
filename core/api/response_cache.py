"""Answers that are kept until the database changes: lists and images are read far more often than written."""

import asyncio
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.errors import NotFoundError

if TYPE_CHECKING:
    from core.services import Services

# What these answer follows from the database alone, and from files that never change under their name.
_PLACES = ("/img/", "/api/projects", "/api/images/", "/api/image-datasets/", "/ai/")
# Without the original, which is handed out under its name, and that may change.
_IMAGE = re.compile(r"/img/([^/]+)/(?:thumb|view)")
_MOST_BYTES = 1_000_000
_MOST_BYTES_TOGETHER = 64_000_000
# A commit holds the file for milliseconds; whoever asks meanwhile waits for its end without holding a thread.
_COMMIT_S, _LOOK_AGAIN_S = 0.05, 0.001

Headers = list[tuple[bytes, bytes]]
Key = tuple[str, bytes]


@dataclass(frozen=True)
class _Reply:
    version: int
    headers: Headers
    body: bytes


class ResponseStore:
    """The newest answers by their address, up to a number of bytes together."""

    def __init__(self) -> None:
        self._replies: OrderedDict[Key, _Reply] = OrderedDict()
        self._size_bytes = 0
        self._lock = threading.Lock()

    def get(self, key: Key) -> _Reply | None:
        """Return the newest answer, of whatever version."""
        return self._replies.get(key)

    def put(self, key: Key, reply: _Reply) -> None:
        with self._lock:
            before = self._replies.pop(key, None)
            self._size_bytes += len(reply.body) - (len(before.body) if before else 0)
            self._replies[key] = reply
            while self._size_bytes > _MOST_BYTES_TOGETHER:
                _, oldest = self._replies.popitem(last=False)
                self._size_bytes -= len(oldest.body)


class ResponseCache:
    """Stands in front of an application and answers for it as long as nobody has written.

    An answer is made once for all who ask for it at the same time.
    """

    def __init__(self, app: ASGIApp, services: "Callable[[], Services]", store: ResponseStore) -> None:
        self._app = app
        self._services = services
        self._store = store
        self._made: dict[tuple[Key, int], asyncio.Event] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        place = scope["path"].removeprefix(scope.get("root_path", ""))
        version = None
        if scope["method"] == "GET" and place.startswith(_PLACES) and not _asks_for_a_part(scope):
            version = await self._version()
        if version is None:
            await self._app(scope, receive, send)
            return
        key = (scope["path"], scope["query_string"])
        kept = await self._kept(key, version, place)
        if kept is not None:
            await _send(kept, scope, send)
            return
        listener = _Listener(send)
        self._made[key, version] = made = asyncio.Event()
        try:
            await self._app(scope, receive, listener)
            if listener.is_whole:
                self._store.put(key, _Reply(version, listener.headers, bytes(listener.body)))
        finally:
            self._made.pop((key, version), None)
            made.set()

    async def _version(self) -> int | None:
        db = self._services().db
        version: int | None = db.data_version()
        until = time.monotonic() + _COMMIT_S
        while version is None and db.is_versioned and time.monotonic() < until:
            await asyncio.sleep(_LOOK_AGAIN_S)
            version = db.data_version()
        return version

    async def _kept(self, key: Key, version: int, place: str) -> _Reply | None:
        """Return the answer of this version; one that is just being made for somebody else is waited for."""
        made = self._made.get((key, version))
        if made is not None:
            await made.wait()
        kept = self._store.get(key)
        if kept is None or kept.version == version:
            return kept
        image = _IMAGE.fullmatch(place)
        if image is None or not await asyncio.to_thread(self._is_there, image[1]):
            return None
        renewed = replace(kept, version=version)
        self._store.put(key, renewed)
        return renewed

    def _is_there(self, image_id: str) -> bool:
        """Whether the image is as it was: its bytes never change, but it can be deleted."""
        services = self._services()
        try:
            services.ownership.check("image_id", image_id)
        except NotFoundError:
            return False
        return services.images.get_image(image_id, include_hidden=True) is not None


class _Listener:
    """Passes an answer on and remembers it, unless it is long or no plain success."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._wanted = False
        self.headers: Headers = []
        self.body = bytearray()
        self.is_whole = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.headers = list(message["headers"])
            self._wanted = message["status"] == 200 and any(name == b"content-length" for name, _ in self.headers)
        elif self._wanted and message["type"] == "http.response.body":
            self.body += message.get("body", b"")
            self._wanted = len(self.body) <= _MOST_BYTES
            self.is_whole = self._wanted and not message.get("more_body", False)
        await self._send(message)


def _asks_for_a_part(scope: Scope) -> bool:
    return any(name == b"range" for name, _ in scope["headers"])


async def _send(reply: _Reply, scope: Scope, send: Send) -> None:
    etag = next((value for name, value in reply.headers if name == b"etag"), None)
    seen = next((value for name, value in scope["headers"] if name == b"if-none-match"), b"")
    if etag is not None and etag in seen:
        headers = [(name, value) for name, value in reply.headers if name in (b"etag", b"cache-control")]
        await send({"type": "http.response.start", "status": 304, "headers": headers})
        await send({"type": "http.response.body"})
        return
    # A list of its own: middleware further out writes into it, for this request only.
    await send({"type": "http.response.start", "status": 200, "headers": [*reply.headers]})
    await send({"type": "http.response.body", "body": reply.body})
