"""What is asked of pgvector and how vectors are sent to it, without a server."""

import struct
from datetime import UTC, datetime
from typing import Any, cast

import numpy as np
import pytest

from core.db import Database
from core.vision.vectors.index import Near
from core.vision.vectors.server_index import MAX_WANTED, ServerIndexes, _binary

NAMES = "abcdefgh"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many images each search asked for; there are eight, a the nearest."""
    numbers: list[int] = []

    def found(_self: ServerIndexes, _table: str, _query: Any, limit: int) -> list[Near]:
        numbers.append(limit)
        return [Near(name, 1.0) for name in NAMES[:limit]]

    monkeypatch.setattr(ServerIndexes, "_found", found)
    return numbers


def _names(limit: int, wanted: str | None) -> str | None:
    is_wanted = None if wanted is None else lambda name: name in wanted
    found = ServerIndexes(cast(Database, None))._search(("p", "k"), np.ones(2, np.float32), limit, is_wanted)
    return None if found is None else "".join(near.image_id for near in found)


@pytest.mark.parametrize(
    ("limit", "wanted", "names", "limits"),
    [
        (2, None, "ab", [2]),
        (8, None, NAMES, [8]),
        (9, None, NAMES, [9]),
        (1, "ab", "a", [1]),
        (1, "cd", "c", [1, 4]),
        (2, "eh", "eh", [2, 8]),
        (2, "h", "h", [2, 8, 32]),
        (1, "", "", [1, 4, 16]),
    ],
)
def test_more_are_asked_for_until_enough_are_wanted_or_there_are_no_more(
    asked: list[int], limit: int, wanted: str | None, names: str, limits: list[int]
) -> None:
    assert _names(limit, wanted) == names
    assert asked == limits


def test_where_few_of_many_are_wanted_memory_is_asked_instead(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def found(_self: ServerIndexes, _table: str, _query: Any, limit: int) -> list[Near]:
        asked.append(limit)
        return [Near("a", 1.0)] * limit

    monkeypatch.setattr(ServerIndexes, "_found", found)

    assert _names(MAX_WANTED // 16, "h") is None
    assert _names(MAX_WANTED + 1, None) is None
    assert asked == [625, 2_500, 10_000]


def test_a_vector_is_copied_as_numbers_and_what_is_none_as_nothing() -> None:
    at, values = datetime(2000, 1, 1, 0, 0, 1, tzinfo=UTC), np.array([0.6, -0.8], "<f2")
    start = struct.pack("!hi1siq", 3, 1, b"a", 8, 1_000_000)

    assert _binary(["a", at, values.tobytes()], 2) == start + struct.pack("!ihhee", 8, 2, 0, 0.6, -0.8)
    assert _binary(["a", at, values.tobytes()], 3) == start + struct.pack("!i", -1)
    assert _binary(["a", at, np.array([0.6, 0.9], "<f2").tobytes()], 2) == start + struct.pack("!i", -1)
