"""Keeping what was read until somebody writes: pages ask for the same counts at every view."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
S = TypeVar("S", bound="_HasDatabase")

_MOST = 512


class Memo:
    """Values by key, each good for one version of the data; the oldest go first."""

    def __init__(self, version: Callable[[], int | None]) -> None:
        self._version = version
        self._values: OrderedDict[Hashable, tuple[int, Any]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, compute: Callable[[], T]) -> T:
        """Return what *compute* returned when nobody has written since, else compute it anew."""
        # Read before the value: a write in between makes the value old too early, never too late.
        version = self._version()
        if version is None:
            return compute()
        with self._lock:
            kept = self._values.get(key)
        if kept is not None and kept[0] == version:
            found: T = kept[1]
            return found
        value = compute()
        with self._lock:
            self._values[key] = (version, value)
            self._values.move_to_end(key)
            if len(self._values) > _MOST:
                self._values.popitem(last=False)
        return value


class _HasMemo(Protocol):
    @property
    def memo(self) -> Memo: ...


class _HasDatabase(Protocol):
    @property
    def _db(self) -> _HasMemo: ...


def until_written(method: Callable[Concatenate[S, P], T]) -> Callable[Concatenate[S, P], T]:
    """Keep what a reading method of a service returns until anyone writes to its database.

    For methods whose arguments can be hashed and whose results nobody changes.
    """

    @wraps(method)
    def kept(self: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
        key = (method.__qualname__, args, tuple(kwargs.items()))
        return self._db.memo.get(key, lambda: method(self, *args, **kwargs))

    return kept
