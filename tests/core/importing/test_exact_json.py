"""Integers of any size come out of JSON as they stand there, in lines as in arrays."""

import io
import json
from typing import Any

import orjson
import pytest

from core.importing.exact_json import loads
from core.importing.json_rows import json_rows

EDGES = [2**63 - 1, 2**63, 2**64 - 1, 2**64, -(2**63), -(2**63) - 1, 123456789012345678901]


def _values(data: bytes) -> list[Any]:
    return [value for _, _, value in json_rows(io.BytesIO(data))]


def test_lines_and_arrays_keep_integers_beyond_64_bits() -> None:
    rows = [{"serial": number, "in": {"list": [1, number]}} for number in EDGES] * 3
    assert _values(b"\n".join(json.dumps(row).encode() for row in rows)) == rows
    assert _values(json.dumps(rows).encode()) == rows
    assert _values(json.dumps(EDGES).encode()) == EDGES
    assert {type(value) for value in _values(json.dumps(EDGES).encode())} == {int}


def test_what_only_looks_like_a_long_integer_is_what_orjson_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json, "loads", None)  # the slower parser is not asked
    for text in (b'{"id": "12345678901234567890"}', b"[0.12345678901234567890, 1e30, 123456789012345678]"):
        assert loads(text) == orjson.loads(text)


def test_a_row_with_an_integer_that_no_program_reads_is_a_bad_row() -> None:
    first, second = _values(b'{"n": 1}\n{"n": ' + b"9" * 5_000 + b"}")
    assert first == {"n": 1}
    assert second.reason == "This line is not valid JSON. Correct it."
