"""Requests and tokens per minute: how much is sent with one key in any window, by one process or by all.

A call waits in :meth:`RateWindow.take` and is counted when it may be sent. ``ProcessWindow`` counts in memory;
``SharedWindow`` counts in a PostgreSQL database, for all of its processes.
"""

import asyncio
import threading
import time
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Protocol

from sqlalchemy.exc import SQLAlchemyError

from core.db.rate_limits import ServerLimit
from core.errors import VitrineError
from core.llm.types import ModelConfig

_WINDOW_S = 60.0
SEND_WITHIN_S = 2.0
"""A call leaves at the latest so long after it was counted: counts of all processes are kept for so much longer."""
_BUCKET_S = 0.5
_MOST_AT_ONCE = 64
_PAUSE_KNOWN_FOR_S = 1.0
# Whoever waits may be cancelled meanwhile.
_LONGEST_SLEEP_S = 1.0


@dataclass(frozen=True)
class Limits:
    """Most calls and tokens in any minute; None: any number."""

    requests: int | None
    tokens: int | None

    @classmethod
    def of(cls, config: ModelConfig) -> "Limits":
        """Return those of a model."""
        return cls(config.requests_per_minute, config.tokens_per_minute)

    def __bool__(self) -> bool:
        return bool(self.requests or self.tokens)


@dataclass(frozen=True)
class Counted:
    """A call that was counted and may be sent; with a pause it was not, and has to wait for so long."""

    at_s: float
    """By ``time.monotonic``; not later than it was counted."""
    pause_s: float = 0.0


class RateWindow(Protocol):
    """Counts what is sent with one key."""

    async def take(self, limits: Limits, tokens: int) -> Counted:
        """Wait until a call of *tokens* may be sent, and count it; a pause that others were told ends the waiting.

        Raises:
            DatabaseAwayError: the database that counts does not answer.
        """
        ...

    async def announce_pause(self, pause_s: float) -> None:
        """Tell whoever else sends with this key that the provider asks to wait."""
        ...

    def is_stale(self, counted: Counted) -> bool:
        """Return whether so much time has passed that the call has to be counted again before it is sent."""
        ...


class ProcessWindow:
    """Counts in memory, for this process."""

    def __init__(self) -> None:
        self._sent: deque[tuple[float, int]] = deque()
        self._lock = threading.Lock()

    async def take(self, limits: Limits, tokens: int) -> Counted:
        """See :meth:`RateWindow.take`; there are no pauses."""
        while True:
            wait_s = self._wait_s(limits, tokens) if limits else 0.0
            if wait_s <= 0:
                return Counted(time.monotonic())
            await asyncio.sleep(wait_s)

    def _wait_s(self, limits: Limits, tokens: int) -> float:
        """Return the seconds until the next try, or count the call and return 0."""
        with self._lock:
            now_s = time.monotonic()
            while self._sent and self._sent[0][0] <= now_s - _WINDOW_S:
                self._sent.popleft()
            too_many = limits.requests and len(self._sent) >= limits.requests
            used = sum(amount for _, amount in self._sent) if limits.tokens else 0
            too_large = limits.tokens and self._sent and used + tokens > limits.tokens
            if too_many or too_large:
                return self._sent[0][0] + _WINDOW_S - now_s
            self._sent.append((now_s, tokens))
            return 0.0

    async def announce_pause(self, pause_s: float) -> None:
        """Do nothing: the limiter of this process knows it."""

    def is_stale(self, counted: Counted) -> bool:
        """Return False: nothing that takes long is between counting and sending."""
        return False


@dataclass(eq=False)
class _Waiting:
    limits: Limits
    tokens: int
    answer: "Future[Counted]" = field(default_factory=Future)


class SharedWindow:
    """Counts in the database, for all of its processes; safe to use from several event loops and threads.

    Calls that wait here are asked for together: one statement for those of this process, not one for each. A call that
    was counted and is not sent, because its process died or it was cancelled, stays counted.
    """

    def __init__(self, limit: ServerLimit) -> None:
        self._limit = limit
        self._waiting: deque[_Waiting] = deque()
        self._is_asking = False
        self._lock = threading.Lock()
        self._pause_asked_at_s = -_PAUSE_KNOWN_FOR_S

    async def take(self, limits: Limits, tokens: int) -> Counted:
        """See :meth:`RateWindow.take`; without limits, pauses of other processes are known within a second."""
        if not limits:
            return await self._pause_of_others()
        waiting = _Waiting(limits, tokens)
        with self._lock:
            self._waiting.append(waiting)
            starts, self._is_asking = not self._is_asking, True
        if starts:
            threading.Thread(target=self._ask_for_all, name="vitrine-rate-limit", daemon=True).start()
        return await asyncio.wrap_future(waiting.answer)

    async def announce_pause(self, pause_s: float) -> None:
        """See :meth:`RateWindow.announce_pause`."""
        await asyncio.to_thread(self._limit.pause, pause_s)

    def is_stale(self, counted: Counted) -> bool:
        """Return whether half of the time to send a call has passed; the other half is for building its request."""
        return time.monotonic() - counted.at_s > SEND_WITHIN_S / 2

    async def _pause_of_others(self) -> Counted:
        now_s, pause_s = time.monotonic(), 0.0
        if now_s - self._pause_asked_at_s >= _PAUSE_KNOWN_FOR_S:
            self._pause_asked_at_s = now_s
            pause_s = await asyncio.to_thread(self._limit.pause_left_s)
        return Counted(now_s, pause_s)

    def _ask_for_all(self) -> None:
        """Ask until nobody waits any more; runs in a thread of its own, as event loops may end before their calls."""
        while batches := self._next_batches():
            time.sleep(min(min(map(self._ask_or_fail, batches)), _LONGEST_SLEEP_S))

    def _next_batches(self) -> list[list[_Waiting]]:
        """Return the next calls of each limits; when there are none, the thread ends."""
        with self._lock:
            self._waiting = deque(waiting for waiting in self._waiting if not waiting.answer.cancelled())
            self._is_asking = bool(self._waiting)
            batches: dict[Limits, list[_Waiting]] = {}
            for waiting in self._waiting:
                batches.setdefault(waiting.limits, []).append(waiting)
            return [batch[:_MOST_AT_ONCE] for batch in batches.values()]

    def _ask_or_fail(self, batch: list[_Waiting]) -> float:
        """Answer what may be sent of *batch*, or all of it with why nobody can be asked; return when to ask again."""
        try:
            return self._ask(batch)
        except (VitrineError, SQLAlchemyError) as error:
            for waiting in batch:
                self._answer(waiting, error)
            return 0.0

    def _ask(self, batch: list[_Waiting]) -> float:
        """Answer as many calls of *batch* as may be sent, and return when to ask for the next one."""
        limits, tokens = batch[0].limits, [waiting.tokens for waiting in batch]
        window_s, asked_at_s = _WINDOW_S + SEND_WITHIN_S, time.monotonic()
        granted = self._limit.take(limits.requests, limits.tokens, tokens, window_s=window_s, bucket_s=_BUCKET_S)
        for waiting in batch if granted.pause_s else batch[: granted.calls]:
            self._answer(waiting, Counted(asked_at_s, granted.pause_s))
        return 0.0 if granted.pause_s else granted.wait_s

    def _answer(self, waiting: _Waiting, answer: Counted | VitrineError | SQLAlchemyError) -> None:
        with self._lock:
            self._waiting.remove(waiting)
        if not waiting.answer.set_running_or_notify_cancel():
            return
        if isinstance(answer, Counted):
            waiting.answer.set_result(answer)
        elif isinstance(answer, VitrineError):
            waiting.answer.set_exception(type(answer)(str(answer)))  # one object in many tasks would mix their traces
        else:
            waiting.answer.set_exception(answer)
