"""Retries with exponential backoff and jitter, within the rate limiter, with every attempt in the call ledger."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, wait_random_exponential

from core.errors import ItemInterrupted, LLMError, ProviderDownError, RateLimitedError
from core.llm import keys
from core.llm.batches.deferring import deferred_calls, price_share
from core.llm.ledger import CallStart, Ledger, Usage
from core.llm.litellm_client import RawReply
from core.llm.models import price_of_call
from core.llm.rate_limiter import Turn, rate_limiter_for
from core.llm.types import ModelConfig, RetryPolicy


class RetryingSender:
    """Sends one request with retries and counts the attempts; create one per request."""

    def __init__(self, start: CallStart, ledger: Ledger | None, policy: RetryPolicy) -> None:
        self._start = start
        self._ledger = ledger
        self._policy = policy
        self._sends = 0
        self._maybe_paid = 0

    @property
    def may_send(self) -> bool:
        """Whether the policy allows another attempt."""
        return self._sends < self._policy.max_sends

    async def send(
        self, config: ModelConfig, tokens: int, request: Callable[[], Awaitable[RawReply]]
    ) -> tuple[RawReply, int | None]:
        """Return the reply to *request* and its row in the ledger; retry on rate limits and provider failures.

        Args:
            config: selects the rate limiter by its provider, base URL and key.
            tokens: estimate of the tokens of one attempt, for the limit of tokens per minute.
            request: sends once.

        Raises:
            LLMError: the error cannot be retried, or occurred in the last attempt.
            ItemInterrupted: the task was paused or cancelled before the call was sent.
        """

        async def attempt() -> tuple[RawReply, int | None]:
            async with self._slot(config, tokens) as turn:
                self._sends += 1
                call_id = await self._write_start()
                try:
                    if turn is not None:
                        await turn.renew()
                    return await request(), call_id
                except LLMError as error:
                    await self.write_failure(call_id, error)
                    raise
                except asyncio.CancelledError:
                    self._write_interruption(call_id)
                    raise

        retrying = AsyncRetrying(
            sleep=asyncio.sleep,
            retry=retry_if_exception(lambda error: isinstance(error, RateLimitedError | ProviderDownError)),
            stop=self._is_exhausted,
            wait=self._wait_s,
            reraise=True,
        )
        return await retrying(attempt)

    def _slot(self, config: ModelConfig, tokens: int) -> AbstractAsyncContextManager[Turn | None]:
        """Return the turn of one call; what goes into a batch needs none."""
        if deferred_calls.get() is not None:
            return nullcontext()
        return rate_limiter_for(config, keys.key_for(config)).slot(config, tokens, self._policy)

    async def write_failure(self, call_id: int | None, error: LLMError, reply: RawReply | None = None) -> None:
        """Record in the ledger that the call failed, with the usage stated in *reply*."""
        if self._ledger is None or call_id is None:
            return
        prompt_tokens, completion_tokens = error.tokens
        cost = (price_of_call(self._start.model, *error.tokens) or 0.0) * price_share()
        usage = Usage(prompt_tokens, completion_tokens, cost or None)
        if reply is not None:
            usage = Usage(reply.prompt_tokens, reply.completion_tokens, reply.cost)
        await asyncio.wrap_future(self._ledger.record_failure(call_id, error, usage))

    def _write_interruption(self, call_id: int | None) -> None:
        """Record that nobody waits for the call any more; not awaited, because the caller was cancelled."""
        if self._ledger is not None and call_id is not None:
            error = ProviderDownError("The call was interrupted before its reply arrived.", maybe_paid=True)
            self._ledger.record_failure(call_id, error, Usage())

    async def _write_start(self) -> int | None:
        if self._ledger is None:
            return None
        start = CallStart(**{**vars(self._start), "attempt": self._sends})
        call_id = await asyncio.wrap_future(self._ledger.begin(start))
        if call_id is None:
            raise ItemInterrupted("The task was paused or cancelled before this call was sent.")
        return call_id

    def _is_exhausted(self, state: RetryCallState) -> bool:
        error: Any = state.outcome.exception() if state.outcome else None
        self._maybe_paid += bool(getattr(error, "maybe_paid", False))
        return not self.may_send or self._maybe_paid >= self._policy.max_maybe_paid

    def _wait_s(self, state: RetryCallState) -> float:
        if deferred_calls.get() is not None:
            return 0.0  # it is sent again with the next batch
        if state.outcome and isinstance(state.outcome.exception(), RateLimitedError):
            return 0.0  # the rate limiter waits, for all calls with this key together
        return wait_random_exponential(self._policy.first_wait_s, self._policy.longest_wait_s)(state)
