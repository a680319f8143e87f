"""Reads the JSON objects that the routes of the desk take."""

import json
from typing import Any

from starlette.requests import Request

from core.errors import InvalidInputError

MAX_BYTES = 1_000_000
"""A hundred decisions with edited answers fit several times."""


async def read_object(request: Request) -> dict[str, Any]:
    """Return the body of *request*, a JSON object of at most ``MAX_BYTES``.

    Raises:
        InvalidInputError: it is something else.
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BYTES:
            raise InvalidInputError(f"The body is larger than {MAX_BYTES:,} bytes. Send less at a time.")
    try:
        value = encodable(json.loads(body))
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise InvalidInputError("Send a JSON object.")
    return value


def encodable(value: Any) -> Any:
    """Return *value* without lone surrogates: browsers send them when an emoji is cut, and no database stores them.

    Raises:
        TypeError: it is nothing that JSON holds.
        RecursionError: it is nested too deeply.
    """
    text = json.dumps(value, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.loads(text.encode("utf-8", "replace"))
    return value
