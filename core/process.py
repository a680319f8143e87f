"""What exists once per process, whatever Streamlit reloads or clears.

Hot reload drops modules from ``sys.modules`` and "Clear caches" empties Streamlit's caches; both would
otherwise make a second event loop or a second engine beside the first. Objects are therefore kept in a module
that has no file, which neither touches.
"""

import asyncio
import sys
import threading
import types
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from contextlib import AbstractContextManager
from importlib import import_module
from typing import Any, TypeVar, cast

T = TypeVar("T")

_HOLDER = "_vitrine_process"

# How long a thread computes before another one may. With Python's 5 ms the thread that writes, and every request,
# waits that long at each of its steps while a task's replies are read.
SWITCH_INTERVAL_S = 0.001


def singleton(name: str, factory: Callable[[], T]) -> T:
    """Return the process's object called *name*, making it with *factory* the first time."""
    holder = _holder()
    if name not in holder:  # what exists is had at once, even while something else is being made
        with loading():
            if name not in holder:
                holder[name] = factory()
    return cast(T, holder[name])


def loading() -> AbstractContextManager[Any]:
    """Return the lock of the thread that imports rooms or makes singletons; the same thread may take it again.

    Of two threads that import a package and one of its modules at the same time, Python hands one of them a
    package that is only half there, and the import fails.
    """
    return cast("AbstractContextManager[Any]", _holder().setdefault("_lock", threading.RLock()))


def load(*rooms: str) -> None:
    """Import *rooms*, such as ``"core.images"``, one thread at a time (see :func:`loading`)."""
    loaded = _holder().setdefault("_loaded", set())
    for room in rooms:
        if room not in loaded or room not in sys.modules:  # a hot reload drops modules
            with loading():
                import_module(room)
                loaded.add(room)


def _holder() -> dict[str, Any]:
    return sys.modules.setdefault(_HOLDER, types.ModuleType(_HOLDER)).__dict__


def existing(name: str) -> Any | None:
    """Return the process's object called *name*, or None when nobody has made it."""
    holder = sys.modules.get(_HOLDER)
    return None if holder is None else holder.__dict__.get(name)


def forget(name: str) -> Any | None:
    """Take the object called *name* out of the process and return it, for whoever has to close it."""
    holder = sys.modules.get(_HOLDER)
    return None if holder is None else holder.__dict__.pop(name, None)


class BackgroundLoop:
    """One event loop in a daemon thread, for model calls and tasks.

    litellm keeps clients per event loop and never frees them: a loop per call grew by 2 MB a call, one
    persistent loop stays flat.
    """

    def __init__(self) -> None:
        sys.setswitchinterval(SWITCH_INTERVAL_S)
        self.loop = _new_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name="vitrine-loop", daemon=True)
        self._thread.start()

    def submit(self, work: Coroutine[Any, Any, T]) -> "Future[T]":
        """Start *work* on the loop and return at once."""
        return asyncio.run_coroutine_threadsafe(work, self.loop)

    def run(self, work: Coroutine[Any, Any, T], timeout_s: float | None = None) -> T:
        """Run *work* on the loop and wait for its result; not to be called from the loop itself."""
        return self.submit(work).result(timeout_s)

    def close(self) -> None:
        """Cancel what is still running and stop the loop."""
        if not self._thread.is_alive():
            return

        async def cancel_everything() -> None:
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)

        self.submit(cancel_everything()).result(10)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(10)
        self.loop.close()


def _new_loop() -> asyncio.AbstractEventLoop:
    try:
        import uvloop
    except ImportError:  # there is none for Windows
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


def background_loop() -> BackgroundLoop:
    """Return the process's event loop for model calls and tasks."""
    return singleton("loop", BackgroundLoop)
