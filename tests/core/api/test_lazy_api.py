"""The limit of a request body, which a route may raise."""

import pytest
from starlette.exceptions import HTTPException
from starlette.types import Message, Scope

from core.api import lazy_api


def _pieces(*sizes: int) -> list[Message]:
    return [{"type": "http.request", "body": bytes(size)} for size in sizes]


async def _read(scope: Scope, pieces: list[Message], *, raised_to: int | None = None) -> int:
    async def receive() -> Message:
        return pieces.pop(0)

    limited = lazy_api._limited(scope, receive)
    if raised_to is not None:
        scope["vitrine.body_limit"].max_bytes = raised_to
    total = 0
    while pieces:
        total += len((await limited())["body"])
    return total


async def test_a_body_may_have_20_megabytes_in_all_its_pieces() -> None:
    assert await _read({}, _pieces(19_999_999, 1)) == 20_000_000
    with pytest.raises(HTTPException, match="at most 20,000,000 bytes") as raised:
        await _read({}, _pieces(19_999_999, 2))
    assert raised.value.status_code == 413


async def test_a_route_may_raise_the_limit_of_its_request() -> None:
    assert await _read({}, _pieces(20_000_001), raised_to=20_000_001) == 20_000_001


async def test_a_message_without_a_body_counts_nothing() -> None:
    async def receive() -> Message:
        return {"type": "http.disconnect"}

    assert (await lazy_api._limited({}, receive)())["type"] == "http.disconnect"
