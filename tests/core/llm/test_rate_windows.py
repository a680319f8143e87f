"""Limits per minute over all processes of a database; each of these workers has connections and counts of its own."""

import asyncio
import threading
import time
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import ExitStack

import pytest

from core.db import Database, connect
from core.db.rate_limits import Granted, ServerLimit
from core.errors import DatabaseAwayError, RateLimitedError
from core.llm import ModelConfig, RetryPolicy
from core.llm.rate_limiter import RateLimiter, counted_in, rate_limiter_for
from core.llm.rate_windows import Counted, Limits, ProcessWindow, RateWindow, SharedWindow

POLICY = RetryPolicy(first_wait_s=0.01, longest_wait_s=0.02)


def worst_window(times_s: Sequence[float], window_s: float) -> int:
    """Return the most of *times_s* that lie in any window of *window_s*."""
    sorted_s = sorted(times_s)
    return max(bisect_left(sorted_s, begin_s + window_s) - place for place, begin_s in enumerate(sorted_s))


class Recorded(ServerLimit):
    """Notes how many calls were asked for in each statement, and the tokens of those that were granted.

    *failure* is raised once.
    """

    failure: Exception | None = None

    def __init__(self, db: Database) -> None:
        super().__init__(db.engine, "limit")
        self.asked: list[int] = []
        self.granted: list[int] = []
        self.goes_on = threading.Event()
        self.goes_on.set()

    def take(
        self, requests: int | None, tokens: int | None, wanted: Sequence[int], *, window_s: float, bucket_s: float
    ) -> Granted:
        self.asked.append(len(wanted))
        self.goes_on.wait()
        if self.failure is not None:
            failure, self.failure = self.failure, None
            raise failure
        granted = super().take(requests, tokens, wanted, window_s=window_s, bucket_s=bucket_s)
        self.granted += wanted[: granted.calls]
        return granted


@pytest.fixture
def workers(db: Database) -> Iterator[list[Database]]:
    with ExitStack() as stack:
        url = db.engine.url.render_as_string(hide_password=False)
        yield [stack.enter_context(connect(url)) for _ in range(3)]


@pytest.fixture
def short_windows(monkeypatch: pytest.MonkeyPatch) -> float:
    """Let a minute last a second."""
    monkeypatch.setattr("core.llm.rate_windows._WINDOW_S", 1.0)
    monkeypatch.setattr("core.llm.rate_windows.SEND_WITHIN_S", 0.4)
    monkeypatch.setattr("core.llm.rate_windows._BUCKET_S", 0.1)
    return 1.0


async def _send_all(workers: list[Database], config: ModelConfig, tokens: int) -> list[float]:
    sent_s: list[float] = []

    async def call(worker: Database) -> None:
        with counted_in(worker):
            limiter = rate_limiter_for(config, "key")
        async with limiter.slot(config, tokens, POLICY) as turn:
            await turn.renew()
            sent_s.append(time.monotonic())

    await asyncio.gather(*(call(worker) for worker in workers for _ in range(8)))
    return sent_s


@pytest.mark.postgresql
@pytest.mark.parametrize("limits", [{"requests_per_minute": 10}, {"tokens_per_minute": 1_000}])
async def test_no_window_has_more_calls_of_all_workers_than_the_limit(
    limits: dict[str, int], workers: list[Database], short_windows: float
) -> None:
    sent_s = await _send_all(workers, ModelConfig("openai/gpt-4o", **limits), tokens=100)  # type: ignore[arg-type]
    assert len(sent_s) == 24
    assert worst_window(sent_s, short_windows) <= 10


@pytest.mark.postgresql
async def test_calls_that_wait_at_the_same_time_are_asked_for_in_one_statement(db: Database) -> None:
    limit = Recorded(db)
    window = SharedWindow(limit)
    limit.goes_on.clear()
    calls = [asyncio.create_task(window.take(Limits(100, None), 1)) for _ in range(16)]
    await asyncio.sleep(0)  # each of them begins to wait
    limit.goes_on.set()
    await asyncio.gather(*calls)
    assert sum(limit.asked) == 16
    assert len(limit.asked) <= 2


@pytest.mark.postgresql
async def test_a_call_that_is_cancelled_while_it_waits_takes_nobodys_place(db: Database, short_windows: float) -> None:
    limit = Recorded(db)
    window, limits = SharedWindow(limit), Limits(1, None)
    await window.take(limits, 1)
    cancelled, waiting = (asyncio.create_task(window.take(limits, tokens)) for tokens in (2, 3))
    await asyncio.sleep(0)
    cancelled.cancel()
    await waiting
    assert limit.granted == [1, 3]


@pytest.mark.postgresql
async def test_who_has_a_higher_limit_does_not_wait_for_those_with_a_lower_one(db: Database) -> None:
    window = SharedWindow(ServerLimit(db.engine, "limit"))
    await window.take(Limits(1, None), 1)
    waiting = asyncio.create_task(window.take(Limits(1, None), 1))
    await asyncio.sleep(0)
    await window.take(Limits(3, None), 1)
    assert not waiting.done()
    waiting.cancel()


@pytest.mark.postgresql
async def test_when_the_database_is_away_each_waiting_call_says_so_and_later_ones_go_on(db: Database) -> None:
    limit = Recorded(db)
    limit.failure = DatabaseAwayError("The database server does not answer.")
    window = SharedWindow(limit)
    assert isinstance(
        (await asyncio.gather(window.take(Limits(9, None), 1), return_exceptions=True))[0], DatabaseAwayError
    )
    assert (await window.take(Limits(9, None), 1)).pause_s == 0


@pytest.mark.postgresql
@pytest.mark.parametrize("limits", [{}, {"requests_per_minute": 100}])
async def test_a_pause_that_a_provider_asks_one_worker_for_holds_for_all(
    limits: dict[str, int], workers: list[Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.llm.rate_windows._PAUSE_KNOWN_FOR_S", 0.0)
    config = ModelConfig("openai/gpt-4o", concurrency=8, **limits)  # type: ignore[arg-type]
    one, other = (
        RateLimiter(probes_first=False, window=SharedWindow(ServerLimit(worker.engine, "limit")))
        for worker in workers[:2]
    )
    began_s = time.monotonic()
    with pytest.raises(RateLimitedError):
        async with one.slot(config, 1, POLICY):
            raise RateLimitedError("Slow down.", retry_after_s=0.5)
    async with other.slot(config, 1, POLICY):
        assert time.monotonic() - began_s > 0.4  # the server's clock is another one
        assert other.allowed == 1, "it goes alone, as the one after a pause of its own"
    assert other.allowed == 4


@pytest.mark.postgresql
def test_a_limit_in_the_database_names_neither_address_nor_key(db: Database) -> None:
    config = ModelConfig("openai/gpt-4o", api_base="http://gpu-1:8000/v1", requests_per_minute=5)
    with counted_in(db):
        limiter = rate_limiter_for(config, "sk-secret")
        assert rate_limiter_for(config, "sk-secret") is limiter

    async def call() -> None:
        async with limiter.slot(config, 1, POLICY):
            pass

    asyncio.run(call())
    with db.engine.connect() as connection:
        (name,) = connection.exec_driver_sql("SELECT id FROM rate_limits").scalars()
    assert name.startswith("openai ")
    assert "gpu-1" not in name
    assert "secret" not in name


class Late(ProcessWindow):
    """Says of the first *stale* calls that they were counted too long ago; counts how often it was asked."""

    def __init__(self, stale: int) -> None:
        super().__init__()
        self.stale, self.taken = stale, 0

    async def take(self, limits: Limits, tokens: int) -> Counted:
        self.taken += 1
        return await super().take(limits, tokens)

    def is_stale(self, counted: Counted) -> bool:
        self.stale -= 1
        return self.stale >= 0


@pytest.mark.parametrize(("stale", "taken"), [(0, 1), (2, 3), (1_000, 9)])
async def test_a_call_that_is_sent_late_is_counted_again_but_not_for_ever(stale: int, taken: int) -> None:
    window: RateWindow = Late(stale)
    limiter = RateLimiter(probes_first=False, window=window)
    async with limiter.slot(ModelConfig("openai/gpt-4o", requests_per_minute=100), 1, POLICY) as turn:
        await turn.renew()
    assert isinstance(window, Late)
    assert window.taken == taken
