"""Limits how often the present password of an account can be tried: a stolen session is no way to guess it."""

import threading
import time
from dataclasses import dataclass

from cachetools import LRUCache

from core.db import Database
from core.errors import TooManyTriesError

# 5 wrong passwords do not hinder a person who mistypes; then they wait 2, 4, 8, ... seconds: 9 within a minute.
FREE_FAILURES = 5
MAX_DELAY_S = 900.0
FORGET_AFTER_S = 3600.0
_MAX_ACCOUNTS = 10_000


@dataclass
class _Tries:
    failures: int = 0
    blocked_until_s: float = 0.0
    last_s: float = 0.0


class PasswordTries:
    """Counts wrong passwords by account; used by several threads.

    Args:
        _database: The database; there is one such object for each.
    """

    clock = staticmethod(time.monotonic)

    def __init__(self, _database: Database) -> None:
        self._lock = threading.Lock()
        self._accounts: LRUCache[str, _Tries] = LRUCache(_MAX_ACCOUNTS)

    def begin(self, account_id: str) -> None:
        """Count a try as a wrong one before it is checked, so that parallel ones gain nothing.

        Raises:
            TooManyTriesError: the next try has to wait.
        """
        now_s = self.clock()
        with self._lock:
            tries = self._accounts.setdefault(account_id, _Tries())
            if tries.blocked_until_s > now_s:
                raise TooManyTriesError(tries.blocked_until_s - now_s)
            if now_s - tries.last_s > FORGET_AFTER_S:
                tries.failures = 0
            tries.failures += 1
            tries.last_s = now_s
            tries.blocked_until_s = now_s + delay_s(tries.failures)

    def succeed(self, account_id: str) -> None:
        """Forget the wrong tries: the password was right."""
        with self._lock:
            self._accounts.pop(account_id, None)


def delay_s(failures: int) -> float:
    """Return how long the next try waits after so many wrong ones."""
    return 0.0 if failures < FREE_FAILURES else min(2.0 ** min(failures - FREE_FAILURES + 1, 20), MAX_DELAY_S)
