"""Keeping what was read until somebody writes: pages ask for the same counts at every view."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
S = TypeVar("S", bound="_HasDatabase")

_MOST = 512
RECENT_S = 1.0


@dataclass(frozen=True)
class _Kept:
    version: int
    read_at: float
    """When it began to be read, monotonic."""
    value: Any


class _Here(threading.local):
    """What holds for this thread."""

    takes_recent = False
    wrote_at = float("-inf")


class ReadCache:
    """Values by key, each good for one version of the data; the oldest go first."""

    def __init__(self, version: Callable[[], int | None]) -> None:
        self._version = version
        self._values: OrderedDict[Hashable, _Kept] = OrderedDict()
        self._lock = threading.Lock()
        self._here = _Here()

    def get(self, key: Hashable, compute: Callable[[], T]) -> T:
        """Return what *compute* returned when nobody has written since, else compute it anew."""
        # Read before the value: a write in between makes the value old too early, never too late.
        version, read_at = self._version(), time.monotonic()
        with self._lock:
            kept = self._values.get(key)
        if kept is not None and (kept.version == version or self._will_do(kept, read_at)):
            found: T = kept.value
            return found
        with self._takes_recent(False):  # what is kept for everybody is not made of what will just do
            value = compute()
        if version is not None:
            with self._lock:
                self._values[key] = _Kept(version, read_at, value)
                self._values.move_to_end(key)
                if len(self._values) > _MOST:
                    self._values.popitem(last=False)
        return value

    @contextmanager
    def accept_recent(self) -> Iterator[None]:
        """Take what was read within the last second, although others have written since.

        For a reader whom others wait for: while many write, everybody would read everything anew. What this thread
        itself has written it sees in any case.
        """
        with self._takes_recent(True):
            yield

    def wrote(self) -> None:
        """Say that this thread has written."""
        self._here.wrote_at = time.monotonic()

    def _will_do(self, kept: _Kept, now: float) -> bool:
        return self._here.takes_recent and kept.read_at > max(now - RECENT_S, self._here.wrote_at)

    @contextmanager
    def _takes_recent(self, takes: bool) -> Iterator[None]:
        before, self._here.takes_recent = self._here.takes_recent, takes
        try:
            yield
        finally:
            self._here.takes_recent = before


class _HasReadCache(Protocol):
    @property
    def read_cache(self) -> ReadCache: ...


class _HasDatabase(Protocol):
    @property
    def _db(self) -> _HasReadCache: ...


def cached_until_write(method: Callable[Concatenate[S, P], T]) -> Callable[Concatenate[S, P], T]:
    """Keep what a reading method of a service returns until anyone writes to its database.

    For methods whose arguments can be hashed and whose results nobody changes.
    """

    @wraps(method)
    def kept(self: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
        key = (method.__qualname__, args, tuple(kwargs.items()))
        return self._db.read_cache.get(key, lambda: method(self, *args, **kwargs))

    return kept
