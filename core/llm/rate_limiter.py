"""Lanes: how fast one key at one address may be used. Every call of the process with that key shares one.

The first call of a lane goes alone, so a wrong key costs one request and not as many as there are workers. A
provider that asks to slow down pauses the whole lane for as long as it says; then again a single call goes
first, and the number of calls at once starts from half and grows by about one with each round of successes.
"""

import asyncio
import hashlib
import random
import threading
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from core import process
from core.errors import LLMError, QuotaExceededError, RateLimitedError
from core.llm import keys
from core.llm.types import NO_KEY, ModelConfig, RetryPolicy

DEFAULT_CONCURRENCY = 64
_WINDOW_S = 60.0
_SLOW_DOWNS_BEFORE_GIVING_UP = 8

Waiter = tuple[asyncio.AbstractEventLoop, "asyncio.Future[None]"]


class Lane:
    """Safe to use from several event loops and threads."""

    def __init__(self, *, probes_first: bool = True) -> None:
        self.limit = DEFAULT_CONCURRENCY
        self.allowed = 1.0 if probes_first else float(DEFAULT_CONCURRENCY)
        self.in_flight = 0
        # How many calls are allowed once the single one that goes first has come back well.
        self._after_probe: float | None = float(DEFAULT_CONCURRENCY) if probes_first else None
        self._paused_until = 0.0
        self._slow_downs = 0
        self._sent: deque[tuple[float, int]] = deque()
        self._waiters: deque[Waiter] = deque()
        self._stopped: dict[str, tuple[int, LLMError]] = {}
        self._lock = threading.Lock()

    @asynccontextmanager
    async def slot(self, config: ModelConfig, tokens: int, policy: RetryPolicy) -> AsyncIterator[None]:
        """Wait until a call may be sent, hold its place while it runs, and learn from how it ends.

        Raises:
            LLMError: what stopped the call that went first, when this one waited for it.
            QuotaExceededError: the provider asks to slow down for longer, or more often, than is worth waiting.
        """
        self._configure(config)
        await self._enter(config, tokens)
        failure: LLMError | None = None
        try:
            yield
        except LLMError as error:
            failure = self._learn(config, error, policy)
            if failure is error:
                raise
        else:
            self._speed_up()
        finally:
            with self._lock:
                self.in_flight -= 1
            self._wake()
        if failure is not None:
            raise failure

    def _learn(self, config: ModelConfig, error: LLMError, policy: RetryPolicy) -> LLMError:
        """Return the error the caller should see: the same, or that waiting does not help."""
        if isinstance(error, RateLimitedError):
            if (error.retry_after_s or 0.0) > policy.longest_pause_s:
                error = _gives_up(error, f"It asks to wait for {error.retry_after_s:,.0f} s.")
            else:
                self.slow_down(error.retry_after_s, policy)
                if self._slow_downs >= _SLOW_DOWNS_BEFORE_GIVING_UP:
                    error = _gives_up(error, "Slowing down did not help.")
        if error.stops_task:
            self._stop(config, error)
        elif not isinstance(error, RateLimitedError):
            self._open()
        return error

    def slow_down(self, wait_s: float | None, policy: RetryPolicy) -> None:
        """Pause the lane; without a stated time for longer and longer, with jitter."""
        now = time.monotonic()
        with self._lock:
            if now >= self._paused_until:
                self._slow_downs += 1
                if self._after_probe is None:
                    self._after_probe = max(1.0, self.allowed / 2)
            self.allowed = 1.0
            longest_s = min(policy.first_wait_s * 2**self._slow_downs, policy.longest_wait_s)
            pause_s = wait_s if wait_s is not None else random.uniform(0.5, 1.0) * longest_s
            self._paused_until = max(self._paused_until, now + pause_s)

    @property
    def pause_left_s(self) -> float:
        return max(self._paused_until - time.monotonic(), 0.0)

    def _configure(self, config: ModelConfig) -> None:
        limit = config.concurrency or DEFAULT_CONCURRENCY
        with self._lock:
            if limit == self.limit:
                return
            unhurt = self.allowed >= self.limit
            self.limit, self.allowed = limit, float(limit) if unhurt else min(self.allowed, float(limit))
            if self._after_probe is not None:
                self._after_probe = min(self._after_probe, float(limit))

    def _speed_up(self) -> None:
        with self._lock:
            if time.monotonic() < self._paused_until:
                return
            self._slow_downs = 0
            if self._after_probe is None:
                self.allowed = min(float(self.limit), self.allowed + 1 / self.allowed)
        self._open()

    def _open(self) -> None:
        """Let the others follow: the one that went first was neither refused nor slowed down."""
        with self._lock:
            if self._after_probe is not None and time.monotonic() >= self._paused_until:
                self.allowed, self._after_probe = self._after_probe, None

    def _stop(self, config: ModelConfig, error: LLMError) -> None:
        """Let everybody who waits with this model fail alike, and the next one to come go alone again."""
        with self._lock:
            times, _ = self._stopped.get(config.litellm_model, (0, error))
            self._stopped[config.litellm_model] = (times + 1, error)
            self._after_probe, self.allowed = self._after_probe or float(self.limit), 1.0
            self._slow_downs = 0

    async def _enter(self, config: ModelConfig, tokens: int) -> None:
        stopped_before = self._times_stopped(config)
        while True:
            waiter: asyncio.Future[None] | None = None
            with self._lock:
                now = time.monotonic()
                wait_s = max(self._paused_until - now, self._window_wait_s(now, config, tokens))
                if wait_s <= 0 and self.in_flight < int(self.allowed):
                    self.in_flight += 1
                    if config.requests_per_minute or config.tokens_per_minute:
                        self._sent.append((now, tokens))
                    return
                if wait_s <= 0:
                    waiter = asyncio.get_running_loop().create_future()
                    self._waiters.append((waiter.get_loop(), waiter))
            if waiter is None:
                await asyncio.sleep(wait_s)
            else:
                await self._wait(waiter)
            if self._times_stopped(config) != stopped_before:
                self._wake()
                raise _again(self._stopped[config.litellm_model][1])

    async def _wait(self, waiter: "asyncio.Future[None]") -> None:
        try:
            await waiter
        except asyncio.CancelledError:
            # The turn this one may just have been given belongs to the next.
            self._wake()
            raise

    def _times_stopped(self, config: ModelConfig) -> int:
        return self._stopped[config.litellm_model][0] if config.litellm_model in self._stopped else 0

    def _window_wait_s(self, now: float, config: ModelConfig, tokens: int) -> float:
        while self._sent and self._sent[0][0] <= now - _WINDOW_S:
            self._sent.popleft()
        too_many = config.requests_per_minute and len(self._sent) >= config.requests_per_minute
        used = sum(amount for _, amount in self._sent) if config.tokens_per_minute else 0
        too_large = config.tokens_per_minute and self._sent and used + tokens > config.tokens_per_minute
        return self._sent[0][0] + _WINDOW_S - now if too_many or too_large else 0.0

    def _wake(self) -> None:
        with self._lock:
            free = max(int(self.allowed) - self.in_flight, 1)
            awake = [self._waiters.popleft() for _ in range(min(free, len(self._waiters)))]
        for loop, waiter in awake:
            if loop.is_closed():
                self._wake()
            else:
                loop.call_soon_threadsafe(_finish, waiter)


def lane_for(config: ModelConfig, key: str | None) -> Lane:
    """Return the process's lane for this provider, address and key."""
    lanes = process.singleton("llm_lanes", dict[tuple[str, str, str], Lane])
    name = (keys.provider_of(config), config.api_base or "", hashlib.sha256((key or "").encode()).hexdigest()[:16])
    if name not in lanes:
        lanes.setdefault(name, Lane(probes_first=key not in (None, NO_KEY)))
    return lanes[name]


def _finish(waiter: "asyncio.Future[None]") -> None:
    if not waiter.done():
        waiter.set_result(None)


def _gives_up(error: RateLimitedError, why: str) -> QuotaExceededError:
    return QuotaExceededError(f"{error} {why} Resume when the limit is free again.", http_status=error.http_status)


def _again(error: LLMError) -> LLMError:
    """Return a fresh exception that says the same; one object raised in many tasks would mix their traces."""
    return type(error)(str(error), http_status=error.http_status)
