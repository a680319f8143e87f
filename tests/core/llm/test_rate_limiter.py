import asyncio
import time

import pytest

from core.errors import AccessDeniedError, ProviderDownError, QuotaExceededError, RateLimitedError
from core.llm import ModelConfig, RetryPolicy
from core.llm.rate_limiter import RateLimiter, rate_limiter_for

POLICY = RetryPolicy(first_wait_s=0.01, longest_wait_s=0.02)
CONFIG = ModelConfig("openai/gpt-4o", concurrency=8)


class Work:
    """Calls that record when they started and how many ran concurrently."""

    def __init__(self, limiter: RateLimiter, config: ModelConfig = CONFIG) -> None:
        self.limiter = limiter
        self.config = config
        self.at_once = 0
        self.most_at_once = 0
        self.started: list[float] = []
        self.may_end = asyncio.Event()

    async def call(self, error: Exception | None = None, duration_s: float | None = 0.01, tokens: int = 0) -> None:
        """Run for *duration_s*; None: until *may_end* is set."""
        async with self.limiter.slot(self.config, tokens, POLICY):
            self.started.append(time.monotonic())
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
            if duration_s is None:
                await self.may_end.wait()
            else:
                await asyncio.sleep(duration_s)
            self.at_once -= 1
            if error is not None:
                raise error


async def test_the_first_call_is_a_probe_and_then_the_concurrency_limit_holds() -> None:
    work = Work(RateLimiter())
    first = asyncio.create_task(work.call(duration_s=None))
    await asyncio.sleep(0)
    others = [asyncio.create_task(work.call()) for _ in range(20)]
    await asyncio.sleep(0.02)
    assert len(work.started) == 1
    work.may_end.set()
    await asyncio.gather(first, *others)
    assert work.most_at_once == 8


async def test_without_a_configured_concurrency_64_calls_run_at_once() -> None:
    work = Work(RateLimiter(probes_first=False), ModelConfig("openai/gpt-4o"))
    await asyncio.gather(*(work.call() for _ in range(80)))
    assert work.most_at_once == 64


async def test_when_the_key_of_the_probe_is_rejected_all_waiting_calls_fail_unsent() -> None:
    work = Work(RateLimiter())
    refused = AccessDeniedError("The key is wrong. Check it.", http_status=401)
    outcomes = await asyncio.gather(work.call(refused), *(work.call() for _ in range(20)), return_exceptions=True)
    assert len(work.started) == 1
    assert {type(outcome) for outcome in outcomes} == {AccessDeniedError}
    await work.call()
    assert len(work.started) == 2


async def test_a_server_error_of_the_probe_does_not_block_the_other_calls() -> None:
    work = Work(RateLimiter())
    down = ProviderDownError("It is down. Try again later.")
    outcomes = await asyncio.gather(work.call(down), *(work.call() for _ in range(20)), return_exceptions=True)
    assert len(work.started) == 21
    assert [type(outcome) for outcome in outcomes] == [ProviderDownError] + [type(None)] * 20
    assert work.most_at_once == 8


async def test_a_requested_wait_pauses_all_calls() -> None:
    work = Work(RateLimiter(probes_first=False))
    with pytest.raises(RateLimitedError):
        await work.call(RateLimitedError("Slow down.", retry_after_s=0.2), duration_s=0)
    await asyncio.gather(*(work.call() for _ in range(10)))
    assert min(work.started[1:]) >= work.started[0] + 0.2


async def test_after_a_pause_one_call_is_the_probe_and_the_concurrency_is_halved() -> None:
    work = Work(RateLimiter(probes_first=False))
    with pytest.raises(RateLimitedError):
        await work.call(RateLimitedError("Slow down.", retry_after_s=0.02))
    work.most_at_once = 0
    await work.call()
    assert work.limiter.allowed == 4
    await asyncio.gather(*(work.call(duration_s=0.02) for _ in range(4)))
    assert 4 < work.limiter.allowed <= 5


def test_without_a_requested_wait_pauses_grow_exponentially_with_jitter(monkeypatch: pytest.MonkeyPatch) -> None:
    ranges = []

    def uniform(low: float, high: float) -> float:
        ranges.append((low, high))
        return 0.75

    monkeypatch.setattr("core.llm.rate_limiter.random.uniform", uniform)
    limiter, policy, pauses = RateLimiter(), RetryPolicy(first_wait_s=100, longest_wait_s=500), []
    for _ in range(3):
        limiter.pause(None, policy)
        pauses.append(limiter.pause_left_s)
        limiter._paused_until_s = 0.0
    assert pauses == pytest.approx([150, 300, 375], abs=5)
    assert ranges == [(0.5, 1.0)] * 3


async def test_concurrent_rate_limit_errors_halve_the_concurrency_once() -> None:
    work = Work(RateLimiter(probes_first=False))
    slow = [RateLimitedError("Slow down.", retry_after_s=0.2) for _ in range(8)]
    calls = asyncio.gather(*(work.call(error, duration_s=None) for error in slow), return_exceptions=True)
    while work.at_once < 8:  # noqa: ASYNC110  they begin in this loop, without waiting for anything
        await asyncio.sleep(0)
    work.may_end.set()
    outcomes = await calls
    assert [type(outcome) for outcome in outcomes] == [RateLimitedError] * 8, "they count as one pause"
    await work.call()
    assert work.limiter.allowed == 4


async def test_after_eight_successive_pauses_the_call_fails() -> None:
    work = Work(RateLimiter(probes_first=False))
    outcomes = []
    for _ in range(8):
        try:
            await work.call(RateLimitedError("Slow down."), duration_s=0)
        except (RateLimitedError, QuotaExceededError) as error:
            outcomes.append(type(error))
    assert outcomes == [RateLimitedError] * 7 + [QuotaExceededError]


async def test_a_requested_wait_of_hours_fails_the_call_and_pauses_nothing() -> None:
    work = Work(RateLimiter())
    with pytest.raises(QuotaExceededError, match="wait for 7,200 s"):
        await work.call(RateLimitedError("Slow down.", retry_after_s=7200))
    assert work.limiter.pause_left_s == 0


async def test_requests_per_minute_are_limited() -> None:
    work = Work(RateLimiter(probes_first=False), ModelConfig("openai/gpt-4o", requests_per_minute=3))
    calls = [asyncio.create_task(work.call(duration_s=0)) for _ in range(5)]
    await asyncio.sleep(0.1)
    assert len(work.started) == 3
    await _cancel(calls)


async def test_tokens_per_minute_are_limited_but_a_single_larger_call_is_sent() -> None:
    work = Work(RateLimiter(probes_first=False), ModelConfig("openai/gpt-4o", tokens_per_minute=1000))
    calls = [asyncio.create_task(work.call(duration_s=0, tokens=tokens)) for tokens in (5000, 10, 10)]
    await asyncio.sleep(0.1)
    assert len(work.started) == 1
    await _cancel(calls)


async def test_a_cancelled_wait_passes_its_slot_to_the_next_call() -> None:
    work = Work(RateLimiter(probes_first=False), ModelConfig("openai/gpt-4o", concurrency=1))
    running = asyncio.create_task(work.call(duration_s=None))
    await asyncio.sleep(0)
    waiting = [asyncio.create_task(work.call()) for _ in range(3)]
    await asyncio.sleep(0.01)
    waiting[0].cancel()
    work.may_end.set()
    await asyncio.wait_for(asyncio.gather(running, *waiting[1:]), 60)
    assert len(work.started) == 3
    assert work.limiter.in_flight == 0


def test_a_limiter_can_be_used_from_several_event_loops() -> None:
    limiter = RateLimiter(probes_first=False)
    for _ in range(3):
        asyncio.run(_ten_calls(limiter))
    assert limiter.in_flight == 0


def test_there_is_one_limiter_for_each_provider_base_url_and_key() -> None:
    limiter = rate_limiter_for(CONFIG, "one")
    assert rate_limiter_for(ModelConfig("openai/gpt-5"), "one") is limiter
    assert rate_limiter_for(CONFIG, "other") is not limiter
    assert rate_limiter_for(ModelConfig("openai/gpt-4o", api_base="http://127.0.0.1:1/v1"), "one") is not limiter


async def _ten_calls(limiter: RateLimiter) -> None:
    work = Work(limiter, ModelConfig("openai/gpt-4o", concurrency=2))
    await asyncio.gather(*(work.call() for _ in range(10)))
    assert work.most_at_once == 2


async def _cancel(calls: "list[asyncio.Task[None]]") -> None:
    for call in calls:
        call.cancel()
    await asyncio.gather(*calls, return_exceptions=True)
