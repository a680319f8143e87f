"""Limits per minute that are counted in the database, as several processes see them."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from core.db import Database
from core.db.rate_limits import Granted, ServerLimit

pytestmark = pytest.mark.postgresql

WINDOW_S, BUCKET_S = 60.0, 0.5


def _take(limit: ServerLimit, wanted: Sequence[int], requests: int | None = None, tokens: int | None = None) -> Granted:
    return limit.take(requests, tokens, wanted, window_s=WINDOW_S, bucket_s=BUCKET_S)


def test_what_one_process_takes_another_one_lacks(db: Database) -> None:
    one, other, elsewhere = ServerLimit(db.engine, "a"), ServerLimit(db.engine, "a"), ServerLimit(db.engine, "b")
    assert _take(one, [1, 1, 1], requests=5) == Granted(3, 0.0, 0.0)
    late = _take(other, [1, 1, 1], requests=5)
    assert (late.calls, late.pause_s) == (2, 0.0)
    assert WINDOW_S - 5 < late.wait_s <= WINDOW_S + BUCKET_S, "it is asked again when the first ones are forgotten"
    assert _take(one, [1], requests=5).calls == 0
    assert _take(elsewhere, [1], requests=5).calls == 1


def test_tokens_are_granted_in_order_and_a_larger_call_only_alone(db: Database) -> None:
    limit = ServerLimit(db.engine, "a")
    assert _take(limit, [5_000, 1], tokens=1_000).calls == 1
    assert _take(limit, [1], tokens=1_000).calls == 0
    limit = ServerLimit(db.engine, "b")
    assert _take(limit, [400, 500, 200, 100], tokens=1_000).calls == 2, "the last one would fit, but not in its turn"
    assert _take(limit, [100], tokens=1_000).calls == 1
    assert _take(limit, [1], tokens=1_000).calls == 0


def test_a_call_is_forgotten_when_its_window_has_passed_and_not_before(db: Database) -> None:
    limit = ServerLimit(db.engine, "a")
    began_s = time.monotonic()
    assert limit.take(1, None, [1], window_s=0.5, bucket_s=0.1).calls == 1
    while not (later := limit.take(1, None, [1], window_s=0.5, bucket_s=0.1)).calls:
        assert 0 < later.wait_s <= 0.6
        time.sleep(later.wait_s / 4)
    assert time.monotonic() - began_s >= 0.5


def test_many_that_ask_at_once_get_no_more_than_the_limit(db: Database) -> None:
    def ask(round_: int) -> int:
        return _take(ServerLimit(db.engine, f"round {round_}"), [10], requests=5, tokens=70).calls

    with ThreadPoolExecutor(16) as threads:
        for round_ in range(20):
            assert sum(threads.map(ask, [round_] * 16)) == 5


def test_of_two_pauses_the_longer_one_holds_and_nothing_is_granted_meanwhile(db: Database) -> None:
    one, other = ServerLimit(db.engine, "a"), ServerLimit(db.engine, "a")
    assert other.pause_left_s() == 0
    one.pause(100)
    one.pause(10)
    assert 90 < other.pause_left_s() <= 100
    refused = _take(other, [1], requests=5)
    assert (refused.calls, refused.wait_s) == (0, 0.0)
    assert 90 < refused.pause_s <= 100


def test_after_the_clock_was_set_back_by_hours_calls_are_granted(db: Database) -> None:
    limit = ServerLimit(db.engine, "a")
    assert _take(limit, [1], requests=1).calls == 1
    with db.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE rate_buckets SET bucket = bucket + 7200")
    assert _take(limit, [1], requests=1).calls == 1
