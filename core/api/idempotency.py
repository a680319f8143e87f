"""``Idempotency-Key`` on posts: the same key twice makes one thing, and the second gets the first one's reply."""

import hashlib
import json
from datetime import timedelta
from typing import TYPE_CHECKING

from fastapi.concurrency import run_in_threadpool
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

    A request that fails inside Vitrine (5xx) is forgotten, so that it can be tried again. The body of an upload
    does not count towards what makes two requests the same: its boundary differs each time.
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
        request_hash, receive = await _fingerprint(scope, receive)
        if key_hash in self._working:
            await problem(409, "in_progress", "The first request with this key is still worked on. Ask again.")(
                scope, receive, send
            )
            return
        self._working.add(key_hash)
        try:
            kept = await run_in_threadpool(_claim, db, key_hash, request_hash)
            if kept is not None:
                await kept(scope, receive, send)
                return
            reply = _Reply()
            try:
                await self._app(scope, receive, reply)
            finally:
                await run_in_threadpool(_keep, db, key_hash, reply)
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


def _claim(db: "Database", key_hash: str, request_hash: str) -> Response | None:
    """Return the reply to give instead of working, None when this request is the first with its key."""
    with db.transaction() as session:
        session.execute(delete(KeyedReplies).where(col(KeyedReplies.create_at) < utc_now() - _KEPT))
        kept = session.get(KeyedReplies, key_hash)
        if kept is None:
            session.add(KeyedReplies(key_hash=key_hash, request_hash=request_hash))
            return None
    if kept.request_hash != request_hash:
        return problem(422, "invalid", "This key was used for another request. Use a new one.", HEADER)
    if kept.status is None:
        message = "An earlier request with this key was interrupted. See whether it took effect, then use a new key."
        return problem(409, "interrupted", message)
    return JSONResponse(json.loads(kept.body), kept.status, {"Idempotent-Replayed": "true"})


def _keep(db: "Database", key_hash: str, reply: _Reply) -> None:
    with db.transaction() as session:
        row = session.get(KeyedReplies, key_hash)
        if row is None:
            return
        if reply.status >= 500:
            session.delete(row)
        else:
            row.status, row.body = reply.status, reply.body.decode()


async def _fingerprint(scope: Scope, receive: Receive) -> tuple[str, Receive]:
    """Return what makes two requests the same, and a *receive* that gives the body again."""
    place = f"{scope['method']} {scope['path']}?{scope['query_string'].decode('latin-1')}\n".encode()
    if Headers(scope=scope).get("content-type", "").startswith("multipart/"):
        return hashlib.sha256(place).hexdigest(), receive
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    unread: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return unread.pop() if unread else await receive()

    return hashlib.sha256(place + body).hexdigest(), again
