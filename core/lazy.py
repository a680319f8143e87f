"""Lazy modules and values: created at their first use, by one thread at a time.

All of them share one lock. Of two threads that import a package and one of its modules at the same time, Python gives
one a package that is only half initialized, and its import fails. A value's factory may import, so it takes the same
lock: with two locks, two threads could wait for each other.
"""

import threading
from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Any, Generic, TypeVar

Owner = TypeVar("Owner")
T = TypeVar("T")

_LOCK = threading.RLock()
_modules: dict[str, ModuleType] = {}


def lazy_import(name: str) -> ModuleType:
    """Import the module *name*, such as ``"core.services"``; without the lock once it is imported."""
    if name not in _modules:
        with _LOCK:
            _modules[name] = import_module(name)
    return _modules[name]


class LazyModule:
    """Stands for the module *name*, which the first use of one of its names imports."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        return getattr(lazy_import(self._name), name)


def make_once(owner: Owner, name: str, make: Callable[[Owner], T]) -> T:
    """Return the attribute *name* of *owner*, which *make* makes the first time.

    ``functools.cached_property`` has a lock of its own, and two threads could wait for each other.
    """
    with _LOCK:
        made: dict[str, T] = vars(owner)
        if name not in made:
            made[name] = make(owner)
        return made[name]


class Lazy(Generic[T]):
    """A value made by *make* at its first use; when *make* raises, the next use calls it again."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._value: T | None = None

    def get(self) -> T:
        """Return the value, making it the first time; without the lock once it is made."""
        if self._value is not None:
            return self._value
        with _LOCK:
            if self._value is None:
                self._value = self._make()
            return self._value

    def peek(self) -> T | None:
        """Return the value, or None when nothing has used it yet."""
        return self._value

    def take(self) -> T | None:
        """Forget the value and return it, for the caller to close; None when nothing has used it yet."""
        with _LOCK:
            value, self._value = self._value, None
        return value
