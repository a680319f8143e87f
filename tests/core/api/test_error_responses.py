"""Errors are answered until the response has begun; afterwards the connection is cut."""

import json

import pytest
from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive, Scope, Send

from core.api.error_responses import ErrorResponses
from core.errors import InvalidInputError

SCOPE: Scope = {"type": "http", "method": "GET", "path": "/"}


async def _receive() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


async def _sent_by(error: Exception, *, after_start: bool) -> list[Message]:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        if after_start:
            await send({"type": "http.response.start", "status": 200, "headers": []})
        raise error

    await ErrorResponses(app)(SCOPE, _receive, send)
    return sent


async def test_an_error_before_the_response_is_answered_with_its_sentence() -> None:
    start, body = await _sent_by(InvalidInputError("Use a number."), after_start=False)

    assert start["status"] == 422
    assert json.loads(body["body"]) == {"code": "invalid", "detail": "Use a number."}


async def test_a_bug_is_answered_with_500() -> None:
    start, _ = await _sent_by(ZeroDivisionError(), after_start=False)

    assert start["status"] == 500


async def test_an_error_within_a_response_is_raised_so_that_the_connection_is_closed() -> None:
    with pytest.raises(InvalidInputError):
        await _sent_by(InvalidInputError("Too late."), after_start=True)


async def test_a_client_that_has_gone_gets_no_answer() -> None:
    assert await _sent_by(ClientDisconnect(), after_start=False) == []
