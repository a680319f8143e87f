"""Websockets and event streams end with the session or token that opened them, within CHECK_INTERVAL_S."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.errors import VitrineError

log = logging.getLogger(__name__)

CHECK_INTERVAL_S = 2.0
SIGNED_OUT = 4401
"""Code of the websocket's close frame; 4000 to 4999 are free for applications."""


@dataclass(eq=False)
class _Connection:
    scope: Scope
    task: "asyncio.Task[None]"
    is_ended: bool = False


class OpenConnections:
    """Serves requests and cancels those of the open ones that are not admitted any more.

    Args:
        is_admitted: Returns whether a scope would be admitted again; called in a thread.
    """

    def __init__(self, is_admitted: Callable[[Scope], bool]) -> None:
        self._is_admitted = is_admitted
        self._open: set[_Connection] = set()
        self._checking: asyncio.Task[None] | None = None

    async def serve(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """Await *app*; of HTTP responses only event streams are watched, because the others end by themselves."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a coroutine runs in a task
        connection = _Connection(scope, task)

        async def watched_send(message: Message) -> None:
            if message["type"] == "http.response.start" and _is_event_stream(message):
                self._watch(connection)
            await send(message)

        is_websocket = scope["type"] == "websocket"
        if is_websocket:
            self._watch(connection)
        try:
            await app(scope, receive, send if is_websocket else watched_send)
        except asyncio.CancelledError:
            if not connection.is_ended:
                raise
            task.uncancel()
            await _end(is_websocket, send)
        finally:
            self._open.discard(connection)

    def _watch(self, connection: _Connection) -> None:
        self._open.add(connection)
        if self._checking is None or self._checking.done():
            self._checking = asyncio.create_task(self._check(), name="vitrine-open-connections")

    async def _check(self) -> None:
        while self._open:
            await asyncio.sleep(CHECK_INTERVAL_S)
            watched = list(self._open)
            ended = await asyncio.to_thread(self._no_longer_admitted, watched)
            for connection in ended:
                if connection in self._open:
                    connection.is_ended = True
                    connection.task.cancel()

    def _no_longer_admitted(self, connections: list[_Connection]) -> list[_Connection]:
        from sqlalchemy.exc import SQLAlchemyError

        try:
            return [connection for connection in connections if not self._is_admitted(connection.scope)]
        except (VitrineError, SQLAlchemyError) as error:
            log.warning("open connections were not checked", exc_info=error)
            return []


def _is_event_stream(message: Message) -> bool:
    return any(name == b"content-type" and value.startswith(b"text/event-stream") for name, value in message["headers"])


async def _end(is_websocket: bool, send: Send) -> None:
    if is_websocket:
        await send({"type": "websocket.close", "code": SIGNED_OUT, "reason": "signed out"})
    else:
        await send({"type": "http.response.body", "body": b"", "more_body": False})
