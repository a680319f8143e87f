"""JSON objects in the bodies of the desk's routes."""

import pytest
from starlette.requests import Request
from starlette.types import Message

from core.api import json_body
from core.errors import InvalidInputError


def _request(*pieces: bytes) -> Request:
    waiting = list(pieces)

    async def receive() -> Message:
        return {"type": "http.request", "body": waiting.pop(0), "more_body": bool(waiting)}

    return Request({"type": "http", "method": "POST", "path": "/", "headers": []}, receive)


async def test_the_pieces_of_a_body_are_one_object() -> None:
    assert await json_body.read_object(_request(b'{"a": ', b"1}")) == {"a": 1}


@pytest.mark.parametrize("body", [b"", b"[1]", b"1", b"{", b"null", b"\xff"])
async def test_anything_but_an_object_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidInputError, match=r"Send a JSON object\."):
        await json_body.read_object(_request(body))


async def test_a_body_may_be_as_large_as_the_limit_and_no_larger(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_body, "MAX_BYTES", 8)

    assert await json_body.read_object(_request(b'{"a":', b"12}")) == {"a": 12}
    with pytest.raises(InvalidInputError, match="larger than 8 bytes"):
        await json_body.read_object(_request(b'{"a":', b"123}"))


async def test_half_a_character_is_replaced_and_other_letters_stay() -> None:
    assert await json_body.read_object(_request('{"a": "né \\ud83d"}'.encode())) == {"a": "né ?"}
