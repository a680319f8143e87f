"""Answers that are kept until the database changes: lists and images are read far more often than written."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

# What these answer follows from the database alone, and from files that never change under their name.
_PLACES = ("/img/", "/api/projects", "/api/images/", "/api/image-datasets/", "/ai/")
_MOST_BYTES = 1_000_000
_MOST_BYTES_TOGETHER = 64_000_000

Headers = list[tuple[bytes, bytes]]
Key = tuple[str, bytes]


@dataclass(frozen=True)
class _Reply:
    version: int
    headers: Headers
    body: bytes


class ReplyStore:
    """The newest answers by their address, up to a number of bytes together."""

    def __init__(self) -> None:
        self._replies: OrderedDict[Key, _Reply] = OrderedDict()
        self._size_bytes = 0
        self._lock = threading.Lock()

    def get(self, key: Key, version: int) -> _Reply | None:
        """Return the answer that was given at *version* of the data."""
        kept = self._replies.get(key)
        return kept if kept is not None and kept.version == version else None

    def put(self, key: Key, reply: _Reply) -> None:
        with self._lock:
            before = self._replies.pop(key, None)
            self._size_bytes += len(reply.body) - (len(before.body) if before else 0)
            self._replies[key] = reply
            while self._size_bytes > _MOST_BYTES_TOGETHER:
                _, oldest = self._replies.popitem(last=False)
                self._size_bytes -= len(oldest.body)


class KeptReplies:
    """Stands in front of an application and answers for it as long as nobody has written."""

    def __init__(self, app: ASGIApp, services: Callable[[], Any], store: ReplyStore) -> None:
        self._app = app
        self._services = services
        self._store = store

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        place = scope["path"].removeprefix(scope.get("root_path", ""))
        version = None
        if scope["method"] == "GET" and place.startswith(_PLACES) and not _asks_for_a_part(scope):
            version = self._services().db.data_version()
        if version is None:
            await self._app(scope, receive, send)
            return
        key = (scope["path"], scope["query_string"])
        kept = self._store.get(key, version)
        if kept is not None:
            await _send(kept, scope, send)
            return
        listener = _Listener(send)
        await self._app(scope, receive, listener)
        if listener.is_whole:
            self._store.put(key, _Reply(version, listener.headers, bytes(listener.body)))


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
