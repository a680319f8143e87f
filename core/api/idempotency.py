"""Idempotency keys: a POST repeated with the same ``Idempotency-Key`` gets the stored response of the first one."""

import hashlib
import json
import re
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
_TTL = timedelta(hours=24)
_MAX_KEY_CHARS = 200
_NEVER_STORED = re.compile(r"/api/(tokens|invitations|projects/[^/]+/webhooks(/[^/]+/secret)?)")
"""Routes whose responses hold a secret that the database does not have; a key does nothing there."""


class IdempotencyKeys:
    """Middleware that stores the response to each POST with a key for a day and replays it.

    A response with status 5xx, or one sent before the body was read to its end, is not stored: the client can retry
    with the same key. Two requests are the same if the hashes of path, query and body are equal; the hash is computed
    while the body is streamed to the application.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._in_progress: set[str] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        key = Headers(scope=scope).get(HEADER) if scope["type"] == "http" and scope["method"] == "POST" else None
        path = scope.get("path", "").removeprefix(scope.get("root_path", ""))
        if key is None or _NEVER_STORED.fullmatch(path):
            await self._app(scope, receive, send)
        elif not 0 < len(key) <= _MAX_KEY_CHARS:
            refusal = problem(422, "invalid", f"Use a key of at most {_MAX_KEY_CHARS} characters.", HEADER)
            await refusal(scope, receive, send)
        else:
            await self._handle(key, scope, receive, send)

    async def _handle(self, key: str, scope: Scope, receive: Receive, send: Send) -> None:
        db: Database = scope["app"].state.services().db
        actor = scope["vitrine.actor"]
        key_hash = hashlib.sha256(f"{actor.account_id or actor.name}\n{key}".encode()).hexdigest()
        if key_hash in self._in_progress:
            message = "The first request with this key is still in progress. Wait, then repeat this one."
            await problem(409, "in_progress", message)(scope, receive, send)
            return
        self._in_progress.add(key_hash)
        request = _Fingerprint(scope, receive)
        response = _BufferedResponse()
        try:
            stored = await run_in_threadpool(_find_or_claim, db, key_hash)
            if stored is not None:
                replayed = _replay(stored, await request.read_to_end())
                await replayed(scope, receive, send)
                return
            try:
                await self._app(scope, request.receive, response)
            finally:
                await run_in_threadpool(_store_response, db, key_hash, request.value(), response)
        finally:
            self._in_progress.discard(key_hash)
        # Sent last: a client that repeats the request at once must find the stored response.
        for part in response.messages:
            await send(part)


class _BufferedResponse:
    """A *send* that collects the messages of a response, to be sent once it is stored."""

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
    """A *receive* that hashes the request; the multipart boundary, which differs in every request, is left out."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self._receive = receive
        self._hash = hashlib.sha256(f"{scope['path']}?{scope['query_string'].decode('latin-1')}\n".encode())
        _, options = parse_options_header(Headers(scope=scope).get("content-type", ""))
        self._boundary = b"--" + options[b"boundary"] if b"boundary" in options else b""
        self._unhashed = b""
        self._is_complete = False

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self._add(message.get("body", b""))
            self._is_complete = not message.get("more_body", False)
        return message

    async def read_to_end(self) -> str | None:
        """Read the rest of the body, and return the hash as :meth:`value` does."""
        while not self._is_complete:
            if (await self.receive())["type"] == "http.disconnect":
                break
        return self.value()

    def value(self) -> str | None:
        """Return the hash; None when the body was not read to its end."""
        if not self._is_complete:
            return None
        complete = self._hash.copy()
        complete.update(self._unhashed)
        return complete.hexdigest()

    def _add(self, chunk: bytes) -> None:
        if not self._boundary:
            self._hash.update(chunk)
            return
        # A boundary may be split over two chunks: bytes that can be its beginning are hashed with the next chunk.
        text = (self._unhashed + chunk).replace(self._boundary, b"")
        ready = max(len(text) - len(self._boundary) + 1, 0)
        self._hash.update(text[:ready])
        self._unhashed = text[ready:]


def _find_or_claim(db: "Database", key_hash: str) -> KeyedReplies | None:
    """Return the stored response of this key; None for the first request with it, which reserves the key."""
    with db.transaction() as session:
        session.execute(delete(KeyedReplies).where(col(KeyedReplies.create_at) < utc_now() - _TTL))
        stored = session.get(KeyedReplies, key_hash)
        if stored is None:
            session.add(KeyedReplies(key_hash=key_hash, request_hash=""))
        return stored


def _replay(stored: KeyedReplies, request_hash: str | None) -> Response:
    """Return the response to a request whose key was used before."""
    if stored.status is None:
        message = "An earlier request with this key was interrupted. Check whether it took effect, then use a new key."
        return problem(409, "interrupted", message)
    if stored.request_hash != request_hash:
        return problem(422, "invalid", "This key was used for another request. Use a new one.", HEADER)
    body = json.loads(stored.body)
    location = {"Location": body["url"]} if stored.status == 202 else {}
    return JSONResponse(body, stored.status, {"Idempotent-Replayed": "true"} | location)


def _store_response(db: "Database", key_hash: str, request_hash: str | None, response: _BufferedResponse) -> None:
    """Store the response under its key, or release the key if the request can be tried again."""
    with db.transaction() as session:
        row = session.get(KeyedReplies, key_hash)
        if row is None:
            return
        if response.status >= 500 or request_hash is None:
            session.delete(row)
        else:
            row.request_hash, row.status, row.body = request_hash, response.status, response.body.decode()
