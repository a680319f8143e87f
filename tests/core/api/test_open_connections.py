"""Open websockets and event streams end when they would not be admitted any more."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from core.api import open_connections
from core.api.open_connections import OpenConnections


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(open_connections, "CHECK_INTERVAL_S", 0.02)


async def _serve(
    app: Callable[[Scope, Receive, Send], Awaitable[None]], type_: str, admitted: dict[str, bool], name: str = "ana"
) -> list[Message]:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    connections = OpenConnections(lambda scope: admitted[scope["name"]])
    scope: dict[str, Any] = {"type": type_, "name": name}
    async with asyncio.timeout(60):
        await connections.serve(app, scope, receive, send)
    assert connections._open == set()
    return sent


async def test_a_websocket_is_closed_and_its_application_is_told() -> None:
    admitted, ended = {"ana": True}, []

    async def app(_scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "websocket.accept"})
        admitted["ana"] = False
        try:
            await receive()
        finally:
            ended.append("app")

    sent = await _serve(app, "websocket", admitted)
    assert sent[1:] == [{"type": "websocket.close", "code": 4401, "reason": "signed out"}]
    assert ended == ["app"]


async def test_an_event_stream_ends() -> None:
    admitted = {"ana": True}
    start = {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]}

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send(start)
        admitted["ana"] = False
        while True:
            await send({"type": "http.response.body", "body": b": ping", "more_body": True})
            await asyncio.sleep(0.01)

    sent = await _serve(app, "http", admitted)
    assert sent[-1] == {"type": "http.response.body", "body": b"", "more_body": False}


async def test_other_responses_are_finished() -> None:
    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await asyncio.sleep(0.1)
        await send({"type": "http.response.body", "body": b"whole"})

    assert (await _serve(app, "http", {"ana": False}))[-1]["body"] == b"whole"


async def test_a_server_that_stops_is_not_mistaken_for_a_sign_out() -> None:
    async def app(_scope: Scope, receive: Receive, _send: Send) -> None:
        await receive()

    serving = asyncio.create_task(_serve(app, "websocket", {"ana": True}))
    await asyncio.sleep(0.05)
    serving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await serving
