"""Rate limiters: one for each provider, base URL and key, shared by all calls of the process with one database.

Concurrency follows AIMD (additive increase, multiplicative decrease): a rate-limit error pauses all calls for as
long as the provider asks and halves the concurrency; each round of successful calls then raises it by about one.
Requests and tokens per minute are limited by a sliding window, on PostgreSQL over all processes of the database, which
also learn of each other's pauses (see :mod:`core.llm.rate_windows`). Calls in flight are those of one process.

The first call with a key goes alone as a probe, so that a wrong key costs one request and not one per worker. After
a pause, a single call is the probe again.
"""

import asyncio
import hashlib
import random
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar

from core.db import Database
from core.db.rate_limits import ServerLimit
from core.errors import LLMError, QuotaExceededError, RateLimitedError
from core.llm import keys
from core.llm.rate_windows import Counted, Limits, ProcessWindow, RateWindow, SharedWindow
from core.llm.types import NO_KEY, ModelConfig, RetryPolicy

DEFAULT_CONCURRENCY = 64
"""Most calls in flight with one key, of all tasks together; each task has its own, lower limit."""

_MAX_SUCCESSIVE_PAUSES = 8
_MAX_RENEWALS = 8

Waiter = tuple[asyncio.AbstractEventLoop, "asyncio.Future[None]"]


class RateLimiter:
    """Limits the calls with one key; safe to use from several event loops and threads."""

    def __init__(self, *, probes_first: bool = True, window: RateWindow | None = None) -> None:
        """With *probes_first* the first call goes alone; without *window* calls of this process alone are counted."""
        self._window = window or ProcessWindow()
        self.limit = DEFAULT_CONCURRENCY
        """Most calls in flight."""
        self.allowed = 1.0 if probes_first else float(DEFAULT_CONCURRENCY)
        """Calls in flight allowed now, at most *limit*."""
        self.in_flight = 0
        # How many calls are allowed after the probe has succeeded; None while no probe is running or due.
        self._allowed_after_probe: float | None = float(DEFAULT_CONCURRENCY) if probes_first else None
        self._paused_until_s = 0.0
        self._successive_pauses = 0
        self._waiters: deque[Waiter] = deque()
        self._fatal_errors: dict[str, tuple[int, LLMError]] = {}
        self._lock = threading.Lock()

    @asynccontextmanager
    async def slot(self, config: ModelConfig, tokens: int, policy: RetryPolicy) -> "AsyncIterator[Turn]":
        """Wait until a call may be sent, count it while it runs, and adapt to its outcome.

        Whoever did anything else meanwhile awaits :meth:`Turn.renew` before it sends.

        Args:
            config: states the limits on concurrency and per minute.
            tokens: estimate of the tokens of this call.
            policy: states how long a pause may be.

        Raises:
            LLMError: the probe failed in a way that stops the task while this call was waiting.
            QuotaExceededError: the provider asks for a longer pause than the policy allows, or for too many.
            DatabaseAwayError: the database that counts for all processes does not answer.
        """
        self._configure(config)
        counted = await self._enter(config, tokens)
        failure: LLMError | None = None
        try:
            yield Turn(self._window, config, tokens, counted)
        except LLMError as error:
            failure = self._adapt_to_error(config, error, policy)
            if isinstance(error, RateLimitedError) and (pause_s := self.pause_left_s) > 0:
                await self._window.announce_pause(pause_s)
            if failure is error:
                raise
        else:
            self._increase()
        finally:
            self._leave()
        if failure is not None:
            raise failure

    def _adapt_to_error(self, config: ModelConfig, error: LLMError, policy: RetryPolicy) -> LLMError:
        """Return the error for the caller: *error*, or QuotaExceededError when waiting will not help."""
        if isinstance(error, RateLimitedError):
            if (error.retry_after_s or 0.0) > policy.longest_pause_s:
                error = _quota_exceeded(error, f"It asks to wait for {error.retry_after_s:,.0f} s.")
            else:
                self.pause(error.retry_after_s, policy)
                if self._successive_pauses >= _MAX_SUCCESSIVE_PAUSES:
                    error = _quota_exceeded(error, "Slowing down did not help.")
        if error.stops_task:
            self._fail_waiters(config, error)
        elif not isinstance(error, RateLimitedError):
            self._end_probe()
        return error

    def pause(self, wait_s: float | None, policy: RetryPolicy) -> None:
        """Pause all calls for *wait_s*; without a stated time, by exponential backoff with jitter."""
        with self._lock:
            if time.monotonic() >= self._paused_until_s:
                self._successive_pauses += 1
            longest_s = min(policy.first_wait_s * 2**self._successive_pauses, policy.longest_wait_s)
            self._hold(wait_s if wait_s is not None else random.uniform(0.5, 1.0) * longest_s)

    def _hold(self, pause_s: float) -> None:
        """Let no call begin for *pause_s*, then one alone, then half as many as before."""
        now_s = time.monotonic()
        if now_s >= self._paused_until_s and self._allowed_after_probe is None:
            self._allowed_after_probe = max(1.0, self.allowed / 2)
        self.allowed = 1.0
        self._paused_until_s = max(self._paused_until_s, now_s + pause_s)

    @property
    def pause_left_s(self) -> float:
        """Seconds until the pause ends; 0 when there is none."""
        return max(self._paused_until_s - time.monotonic(), 0.0)

    def _configure(self, config: ModelConfig) -> None:
        limit = config.concurrency or DEFAULT_CONCURRENCY
        with self._lock:
            if limit == self.limit:
                return
            not_throttled = self.allowed >= self.limit
            self.limit, self.allowed = limit, float(limit) if not_throttled else min(self.allowed, float(limit))
            if self._allowed_after_probe is not None:
                self._allowed_after_probe = min(self._allowed_after_probe, float(limit))

    def _increase(self) -> None:
        with self._lock:
            if time.monotonic() < self._paused_until_s:
                return
            self._successive_pauses = 0
            if self._allowed_after_probe is None:
                self.allowed = min(float(self.limit), self.allowed + 1 / self.allowed)
        self._end_probe()

    def _end_probe(self) -> None:
        """Allow more calls: the probe was neither rejected nor rate-limited."""
        with self._lock:
            if self._allowed_after_probe is not None and time.monotonic() >= self._paused_until_s:
                self.allowed, self._allowed_after_probe = self._allowed_after_probe, None

    def _fail_waiters(self, config: ModelConfig, error: LLMError) -> None:
        """Fail all calls that wait with this model, and make the next one a probe."""
        with self._lock:
            times, _ = self._fatal_errors.get(config.litellm_model, (0, error))
            self._fatal_errors[config.litellm_model] = (times + 1, error)
            self._allowed_after_probe, self.allowed = self._allowed_after_probe or float(self.limit), 1.0
            self._successive_pauses = 0

    async def _enter(self, config: ModelConfig, tokens: int) -> Counted:
        """Take one of the calls in flight, and then a place in the window of a minute."""
        fatal_errors_before = self._count_of_fatal_errors(config)
        while True:
            await self._enter_flight(config, fatal_errors_before)
            try:
                counted = await self._window.take(Limits.of(config), tokens)
                self._raise_fatal_error(config, fatal_errors_before)
            except BaseException:
                self._leave()
                raise
            if counted.pause_s:  # the provider told another process
                with self._lock:
                    self._hold(counted.pause_s)
            if not self.pause_left_s:
                return counted
            self._leave()

    async def _enter_flight(self, config: ModelConfig, fatal_errors_before: int) -> None:
        while True:
            waiter: asyncio.Future[None] | None = None
            with self._lock:
                wait_s = self._paused_until_s - time.monotonic()
                if wait_s <= 0 and self.in_flight < int(self.allowed):
                    self.in_flight += 1
                    return
                if wait_s <= 0:
                    waiter = asyncio.get_running_loop().create_future()
                    self._waiters.append((waiter.get_loop(), waiter))
            if waiter is None:
                await asyncio.sleep(wait_s)
            else:
                await self._wait(waiter)
            self._raise_fatal_error(config, fatal_errors_before)

    def _raise_fatal_error(self, config: ModelConfig, count_before: int) -> None:
        if self._count_of_fatal_errors(config) != count_before:
            self._wake_waiters()
            raise _copy_of(self._fatal_errors[config.litellm_model][1])

    def _leave(self) -> None:
        with self._lock:
            self.in_flight -= 1
        self._wake_waiters()

    async def _wait(self, waiter: "asyncio.Future[None]") -> None:
        try:
            await waiter
        except asyncio.CancelledError:
            # It may have been woken just before: pass its slot on.
            self._wake_waiters()
            raise

    def _count_of_fatal_errors(self, config: ModelConfig) -> int:
        return self._fatal_errors[config.litellm_model][0] if config.litellm_model in self._fatal_errors else 0

    def _wake_waiters(self) -> None:
        with self._lock:
            free = max(int(self.allowed) - self.in_flight, 1)
            woken = [self._waiters.popleft() for _ in range(min(free, len(self._waiters)))]
        for loop, waiter in woken:
            if loop.is_closed():
                self._wake_waiters()
            else:
                loop.call_soon_threadsafe(_complete, waiter)


class Turn:
    """The turn of one call; it has to be sent soon, or counted again."""

    def __init__(self, window: RateWindow, config: ModelConfig, tokens: int, counted: Counted) -> None:
        self._window, self._counted = window, counted
        self._limits, self._tokens = Limits.of(config), tokens

    async def renew(self) -> None:
        """Count the call again, and wait for that, if what was done since it was counted took too long.

        Raises:
            DatabaseAwayError: the database that counts for all processes does not answer.
        """
        for _ in range(_MAX_RENEWALS):  # a database that answers after seconds stops nobody
            if not self._limits or not (self._counted.pause_s or self._window.is_stale(self._counted)):
                return
            await asyncio.sleep(self._counted.pause_s)
            self._counted = await self._window.take(self._limits, self._tokens)


Limiters = dict[tuple[str, str, str], RateLimiter]
_limiters: Limiters = {}
counts_in: ContextVar[Database | None] = ContextVar("counts_in", default=None)
"""The database whose processes share the limits of the calls of this context; None: this process alone."""


@contextmanager
def counted_in(db: Database | None) -> Iterator[None]:
    """Let the calls of this context keep to the limits of all processes of *db*; None: to those of this process."""
    token = counts_in.set(db)
    try:
        yield
    finally:
        counts_in.reset(token)


def rate_limiter_for(config: ModelConfig, key: str | None) -> RateLimiter:
    """Return the rate limiter for this provider, base URL and key; on PostgreSQL that of the database in use."""
    db = counts_in.get()
    name = (keys.provider_of(config), config.api_base or "", hashlib.sha256((key or "").encode()).hexdigest()[:16])
    if db is not None and db.engine.dialect.name == "sqlite":
        db = None  # one process runs its tasks
    limiters = _limiters if db is None else db.shared(_limiters_of)
    if name not in limiters:
        window = None if db is None else SharedWindow(ServerLimit(db.engine, _stored_name(name)))
        limiters.setdefault(name, RateLimiter(probes_first=key not in (None, NO_KEY), window=window))
    return limiters[name]


def _stored_name(name: tuple[str, str, str]) -> str:
    """Return the name of a limit in the database, which tells neither address nor key."""
    return f"{name[0]} {hashlib.sha256(' '.join(name).encode()).hexdigest()[:32]}"


def _limiters_of(_db: Database) -> Limiters:
    return {}


def _complete(waiter: "asyncio.Future[None]") -> None:
    if not waiter.done():
        waiter.set_result(None)


def _quota_exceeded(error: RateLimitedError, reason: str) -> QuotaExceededError:
    return QuotaExceededError(f"{error} {reason} Resume when the limit is free again.", http_status=error.http_status)


def _copy_of(error: LLMError) -> LLMError:
    """Return a new exception with the same message: one object raised in many tasks would mix their traces."""
    return type(error)(str(error), http_status=error.http_status)
