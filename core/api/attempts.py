"""Limits how often passwords can be tried: each client waits for itself, and nobody locks out another one.

An attempt is counted before it is checked, and the attempts of one client are checked one after another; so parallel
attempts gain nothing. The first wrong ones cost no time, each further one doubles the delay before the next. A device
that has signed in to the account before is a client of its own, by its cookie; others are told apart by address, and
share a limit of all unknown clients together, because addresses are cheap.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from cachetools import LRUCache

from core.accounts.tries import FORGET_AFTER_S, delay_s
from core.errors import TooManyTriesError

# All unknown clients together: a burst, and one every two seconds after it.
UNKNOWN_BURST = 100
UNKNOWN_PER_S = 0.5
# Memory stays bounded; to push a client out, as many others have to be admitted, which takes hours.
MAX_CLIENTS = 10_000
MAX_WAITING = 30


@dataclass
class _Client:
    failures: int = 0
    blocked_until_s: float = 0.0
    last_s: float = 0.0
    waiting: int = 0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class AttemptLimiter:
    """Admits attempts; used by the event loop's thread only."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._clients: LRUCache[str, _Client] = LRUCache(MAX_CLIENTS)
        self._unknown_left = float(UNKNOWN_BURST)
        self._unknown_at_s = clock()

    async def attempt(self, client_key: str, verify: Callable[[], Awaitable[bool]], *, is_known: bool) -> bool:
        """Return what *verify* returns, after it was the client's turn.

        Args:
            client_key: A device or an address.
            verify: Checks the password; called once.
            is_known: Whether the client is a device that has signed in before.

        Raises:
            TooManyTriesError: the client has to wait; *verify* was not called.
        """
        client = self._client(client_key, is_known=is_known)
        if client.waiting >= MAX_WAITING:
            raise TooManyTriesError(max(1.0, client.blocked_until_s - self._clock()))
        client.waiting += 1
        try:
            async with client.lock:
                self._reserve(client, is_known=is_known)
                is_right = await verify()
                if is_right:
                    self._refund(client, is_known=is_known)
                else:
                    client.blocked_until_s = self._clock() + delay_s(client.failures)
                return is_right
        finally:
            client.waiting -= 1

    def _client(self, key: str, *, is_known: bool) -> _Client:
        client = self._clients.get(key)
        if client is None:
            if not is_known:
                self._check_unknown_limit()
            client = self._clients[key] = _Client()
        return client

    def _check_unknown_limit(self) -> None:
        now_s = self._clock()
        refill = (now_s - self._unknown_at_s) * UNKNOWN_PER_S
        self._unknown_left, self._unknown_at_s = min(UNKNOWN_BURST, self._unknown_left + refill), now_s
        if self._unknown_left < 1:
            raise TooManyTriesError((1 - self._unknown_left) / UNKNOWN_PER_S)

    def _reserve(self, client: _Client, *, is_known: bool) -> None:
        now_s = self._clock()
        if client.blocked_until_s > now_s:
            raise TooManyTriesError(client.blocked_until_s - now_s)
        if not is_known:
            self._check_unknown_limit()
            self._unknown_left -= 1
        if now_s - client.last_s > FORGET_AFTER_S:
            client.failures = 0
        client.failures += 1
        client.last_s = now_s
        client.blocked_until_s = now_s + delay_s(client.failures)

    def _refund(self, client: _Client, *, is_known: bool) -> None:
        """Take the reservation back; a device that signs in starts anew, an address may hide a guesser."""
        client.failures = 0 if is_known else client.failures - 1
        client.blocked_until_s = 0.0
        if not is_known:
            self._unknown_left += 1
