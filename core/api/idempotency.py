"""``Idempotency-Key`` on posts: the same key twice makes one thing, and the second gets the first one's reply."""

import hashlib
import json
from datetime import timedelta
from typing import TYPE_CHECKING

from fastapi.concurrency import run_in_threadpool
from python_multipart.multipart import parse_options_header
from sqlalchemy import delete
from sqlmodel import col
from starlette.datastructures import Headers
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.api.errors import problem
from core.db import KeyedReplies, utc_now

if TYPE_CHECKING:
    from core.db import Database

HEADER = "Idempotency-Key"
_KEPT = timedelta(hours=24)
_MAX_KEY_CHARS = 200


class IdempotencyKeys:
    """Keeps the reply to each keyed post for a day.

    A request that fails inside Vitrine (5xx), or is refused before it was read, is forgotten, so that it can be
    tried again. What is the same request is told by the hash of its body, taken while the body streams through.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._working: set[str] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        key = Headers(scope=scope).get(HEADER) if scope["type"] == "http" and scope["method"] == "POST" else None
        if key is None:
            await self._app(scope, receive, send)
        elif not 0 < len(key) <= _MAX_KEY_CHARS:
            answer = problem(422, "invalid", f"Use a key of at most {_MAX_KEY_CHARS} characters.", HEADER)
            await answer(scope, receive, send)
        else:
            await self._once(key, scope, receive, send)

    async def _once(self, key: str, scope: Scope, receive: Receive, send: Send) -> None:
        db: Database = scope["app"].state.services().db
        key_hash = hashlib.sha256(f"{scope['vitrine.actor'].name}\n{key}".encode()).hexdigest()
        if key_hash in self._working:
            await problem(409, "in_progress", "The first request with this key is still worked on. Ask again.")(
                scope, receive, send
            )
            return
        self._working.add(key_hash)
        request = _Fingerprint(scope, receive)
        reply = _Reply()
        try:
            kept = await run_in_threadpool(_claim, db, key_hash)
            if kept is not None:
                answer = _repeated(kept, await request.read())
                await answer(scope, receive, send)
                return
            try:
                await self._app(scope, request.receive, reply)
            finally:
                await run_in_threadpool(_keep, db, key_hash, request.value(), reply)
        finally:
            self._working.discard(key_hash)
        # Only now: whoever has the first reply may ask again at once, and must find it kept.
        for message in reply.messages:
            await send(message)


class _Reply:
    """Holds a reply back until it is kept."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.status = 500
        self.body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        elif message["type"] == "http.response.body":
            self.body += message.get("body", b"")
        self.messages.append(message)


class _Fingerprint:
    """Hashes a request while somebody reads it; the boundary of a form, new each time, does not count."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self._receive = receive
        self._hash = hashlib.sha256(f"{scope['path']}?{scope['query_string'].decode('latin-1')}\n".encode())
        _, options = parse_options_header(Headers(scope=scope).get("content-type", ""))
        self._boundary = b"--" + options[b"boundary"] if b"boundary" in options else b""
        self._unhashed = b""
        self._is_whole = False

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self._add(message.get("body", b""))
            self._is_whole = not message.get("more_body", False)
        return message

    async def read(self) -> str | None:
        """Read what nobody else reads, and return the hash."""
        while not self._is_whole:
            if (await self.receive())["type"] == "http.disconnect":
                break
        return self.value()

    def value(self) -> str | None:
        """Return the hash; None when the body was not read to its end."""
        if not self._is_whole:
            return None
        whole = self._hash.copy()
        whole.update(self._unhashed)
        return whole.hexdigest()

    def _add(self, chunk: bytes) -> None:
        if not self._boundary:
            self._hash.update(chunk)
            return
        # A boundary may lie across two chunks: what could be its beginning waits for the next one.
        text = (self._unhashed + chunk).replace(self._boundary, b"")
        ready = max(len(text) - len(self._boundary) + 1, 0)
        self._hash.update(text[:ready])
        self._unhashed = text[ready:]


def _claim(db: "Database", key_hash: str) -> KeyedReplies | None:
    """Return what is kept under this key, None when this request is the first with it."""
    with db.transaction() as session:
        session.execute(delete(KeyedReplies).where(col(KeyedReplies.create_at) < utc_now() - _KEPT))
        kept = session.get(KeyedReplies, key_hash)
        if kept is None:
            session.add(KeyedReplies(key_hash=key_hash, request_hash=""))
        return kept


def _repeated(kept: KeyedReplies, request_hash: str | None) -> Response:
    """Return the reply to a request whose key was used before."""
    if kept.status is None:
        message = "An earlier request with this key was interrupted. See whether it took effect, then use a new key."
        return problem(409, "interrupted", message)
    if kept.request_hash != request_hash:
        return problem(422, "invalid", "This key was used for another request. Use a new one.", HEADER)
    body = json.loads(kept.body)
    location = {"Location": body["url"]} if kept.status == 202 else {}
    return JSONResponse(body, kept.status, {"Idempotent-Replayed": "true"} | location)


def _keep(db: "Database", key_hash: str, request_hash: str | None, reply: _Reply) -> None:
    with db.transaction() as session:
        row = session.get(KeyedReplies, key_hash)
        if row is None:
            return
        if reply.status >= 500 or request_hash is None:
            session.delete(row)
        else:
            row.request_hash, row.status, row.body = request_hash, reply.status, reply.body.decode()
