"""Sending with everything around it: the lane, the ledger, and the trouble that passes by itself."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, wait_random_exponential

from core.errors import ItemLeftOpen, LLMError, ProviderDownError, RateLimitedError
from core.llm import keys
from core.llm.ledger import CallStart, Ledger, Spent
from core.llm.litellm_client import WireReply
from core.llm.rate_limiter import lane_for
from core.llm.types import ModelConfig, RetryPolicy


class Sender:
    """Sends the requests of one call and counts them; used once."""

    def __init__(self, start: CallStart, ledger: Ledger | None, policy: RetryPolicy) -> None:
        self._start = start
        self._ledger = ledger
        self._policy = policy
        self._sends = 0
        self._maybe_paid = 0

    @property
    def may_send(self) -> bool:
        return self._sends < self._policy.max_sends

    async def send(
        self, config: ModelConfig, tokens: int, request: Callable[[], Awaitable[WireReply]]
    ) -> tuple[WireReply, int | None]:
        """Send, wait and send again while the trouble is one that passes; return reply and ledger id.

        Raises:
            LLMError: the trouble stayed, or was of another kind.
        """

        async def once() -> tuple[WireReply, int | None]:
            async with lane_for(config, keys.key_for(config)).slot(config, tokens, self._policy):
                self._sends += 1
                call_id = await self._write_start()
                try:
                    return await request(), call_id
                except LLMError as error:
                    await self.write_failure(call_id, error)
                    raise

        retrying = AsyncRetrying(
            sleep=asyncio.sleep,
            retry=retry_if_exception(lambda error: isinstance(error, RateLimitedError | ProviderDownError)),
            stop=self._is_over,
            wait=self._wait_s,
            reraise=True,
        )
        return await retrying(once)

    async def write_failure(self, call_id: int | None, error: LLMError, reply: WireReply | None = None) -> None:
        """Write down that the call failed, with what it used when a reply came."""
        if self._ledger is None or call_id is None:
            return
        spent = Spent(reply.prompt_tokens, reply.completion_tokens, reply.cost) if reply else Spent()
        await asyncio.wrap_future(self._ledger.record_failure(call_id, error, spent))

    async def _write_start(self) -> int | None:
        if self._ledger is None:
            return None
        start = CallStart(**{**vars(self._start), "attempt": self._sends})
        call_id = await asyncio.wrap_future(self._ledger.begin(start))
        if call_id is None:
            raise ItemLeftOpen("The task was paused or cancelled before this call was sent.")
        return call_id

    def _is_over(self, state: RetryCallState) -> bool:
        error: Any = state.outcome.exception() if state.outcome else None
        self._maybe_paid += bool(getattr(error, "maybe_paid", False))
        return not self.may_send or self._maybe_paid >= self._policy.max_maybe_paid

    def _wait_s(self, state: RetryCallState) -> float:
        if state.outcome and isinstance(state.outcome.exception(), RateLimitedError):
            return 0.0  # the lane waits, for all of its calls together
        return wait_random_exponential(self._policy.first_wait_s, self._policy.longest_wait_s)(state)
