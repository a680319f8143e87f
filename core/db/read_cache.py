"""A cache of what services read, valid until anyone commits: pages ask for the same counts at every run."""

import threading
import time
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from cachetools import LRUCache

from core.arguments import wrong_id
from core.db.base import Base, copy_rows

P = ParamSpec("P")
T = TypeVar("T")
S = TypeVar("S", bound="_HasDatabase")

MAX_VALUES = 512
RECENT_S = 1.0


@dataclass(frozen=True)
class _Cached:
    version: int
    read_at: float
    """When reading it began, on the monotonic clock."""
    value: Any


class _ThreadState(threading.local):
    accepts_recent = False
    wrote_at = float("-inf")


class ReadCache:
    """An LRU cache whose values are valid for one version of the data.

    Args:
        version: returns a number that changes with every commit, None when it is not known at this moment.
    """

    def __init__(self, version: Callable[[], int | None]) -> None:
        self._version = version
        self._values: LRUCache[Hashable, _Cached] = LRUCache(MAX_VALUES)
        self._lock = threading.Lock()
        self._thread = _ThreadState()

    def get(self, key: Hashable, compute: Callable[[], T]) -> T:
        """Return the cached value of *key*; compute it when there is none or somebody has committed since.

        Each caller gets a copy of its own: rows, lists and dicts may be changed.
        """
        # The version is read before the value: a commit in between makes the value stale too early, never too late.
        version, read_at = self._version(), time.monotonic()
        with self._lock:
            cached = self._values.get(key)
        if cached is not None and (cached.version == version or self._is_recent_enough(cached, read_at)):
            found: T = copy_rows(cached.value)
            return found
        with self._accepting_recent(False):  # a stale value must never be part of a value that counts as current
            value = compute()
        if version is not None:
            with self._lock:
                self._values[key] = _Cached(version, read_at, value)
        own: T = copy_rows(value)
        return own

    @contextmanager
    def accept_recent(self) -> Iterator[None]:
        """Accept values up to ``RECENT_S`` old although others have committed since; for reads under contention.

        Writes of the same thread are always seen.
        """
        with self._accepting_recent(True):
            yield

    def wrote(self) -> None:
        """Record that this thread has committed."""
        self._thread.wrote_at = time.monotonic()

    def _is_recent_enough(self, cached: _Cached, now: float) -> bool:
        return self._thread.accepts_recent and cached.read_at > max(now - RECENT_S, self._thread.wrote_at)

    @contextmanager
    def _accepting_recent(self, accepts: bool) -> Iterator[None]:
        before, self._thread.accepts_recent = self._thread.accepts_recent, accepts
        try:
            yield
        finally:
            self._thread.accepts_recent = before


class _HasReadCache(Protocol):
    @property
    def read_cache(self) -> ReadCache: ...


class _HasDatabase(Protocol):
    @property
    def _db(self) -> _HasReadCache: ...


def cached_until_write(method: Callable[Concatenate[S, P], T]) -> Callable[Concatenate[S, P], T]:
    """Cache what a reading method of a service returns until anyone commits to its database.

    For methods whose arguments are hashable. See :meth:`ReadCache.get` for what callers may do with the value.
    """

    @wraps(method)
    def cached(self: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
        key = (method.__qualname__, args, tuple(kwargs.items()))
        for row in (value for value in (*args, *kwargs.values()) if isinstance(value, Base)):
            raise wrong_id(row)  # rows cannot be hashed
        return self._db.read_cache.get(key, lambda: method(self, *args, **kwargs))

    return cached
