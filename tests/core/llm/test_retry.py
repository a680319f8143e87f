import asyncio
import random

import pytest

from core.errors import ProviderDownError
from core.llm import ModelConfig, RetryPolicy
from core.llm.ledger import CallStart
from core.llm.litellm_client import RawReply
from core.llm.retry import RetryingSender

CONFIG = ModelConfig("openai/gpt-4o", api_base="http://127.0.0.1:9/v1")
START = CallStart("openai/gpt-4o", "hash", "Hello", {}, 1)
REPLY = RawReply("ok", "stop", "", (), 1, 1, 0.0)


@pytest.fixture
def sleeps_s(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Replace waiting by a list of the seconds that would have been waited."""
    slept_s: list[float] = []

    async def sleep(delay_s: float) -> None:
        slept_s.append(delay_s)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    return slept_s


async def _send(policy: RetryPolicy, *errors: Exception) -> str:
    """Send a request that fails with *errors*, then succeeds; return the text of the reply."""
    outcomes = iter(errors)

    async def request() -> RawReply:
        if (error := next(outcomes, None)) is not None:
            raise error
        return REPLY

    reply, _ = await RetryingSender(START, None, policy).send(CONFIG, 1, request)
    return reply.text


async def test_the_longest_wait_doubles_with_every_failure_up_to_the_limit(
    sleeps_s: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[tuple[float, float]] = []

    def highest(low: float, high: float) -> float:
        drawn.append((low, high))
        return high

    monkeypatch.setattr(random, "uniform", highest)
    policy = RetryPolicy(max_sends=5, first_wait_s=2, longest_wait_s=7)
    failures = [ProviderDownError("The provider is down.") for _ in range(4)]
    assert await _send(policy, *failures) == "ok"
    assert sleeps_s == [2.0, 4.0, 7.0, 7.0]
    assert drawn == [(0, 2.0), (0, 4.0), (0, 7.0), (0, 7.0)]


async def test_the_waits_of_two_requests_differ_by_jitter(sleeps_s: list[float]) -> None:
    policy = RetryPolicy(first_wait_s=2, longest_wait_s=7)
    for _ in range(2):
        await _send(policy, ProviderDownError("The provider is down."))
    assert len(set(sleeps_s)) == 2
    assert all(0 <= wait_s <= 2 for wait_s in sleeps_s)
