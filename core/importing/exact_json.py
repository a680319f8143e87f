"""JSON parsed by orjson, but for integers beyond 64 bits, which it would turn into floats."""

import json
import re
from typing import Any

import orjson

_DIGITS = bytes(ord("0") if 48 <= byte <= 57 else ord(" ") for byte in range(256))
_LONG = b"0" * 19
_LONG_INTEGER = re.compile(rb"(?:^|[\s:,\[-])[0-9]{19,}(?![0-9.eE\"])")


def loads(text: bytes) -> Any:
    """Return the value of *text*, with every integer as it stands there.

    Raises:
        ValueError: it is no JSON, or has an integer of more than 4,300 digits.
    """
    if not _has_long_integers(text):
        return orjson.loads(text)
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("It is nested too deeply.") from error


def _has_long_integers(text: bytes) -> bool:
    # Two passes in C; the regular expression alone would take longer than parsing.
    return _LONG in text.translate(_DIGITS) and _LONG_INTEGER.search(text) is not None
