"""The queue of page runs: a semaphore admits one run at a time, because threads that compute contend for the GIL.

A page run is one execution of a page's script by Streamlit. With a hundred users, concurrent page runs take several
times as long as the same runs one after another.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from core.runtime import runtime

MAX_WAIT_S = 0.5
"""A run that waits longer runs concurrently with the one that holds the semaphore."""
_CONTENTION_WINDOW_S = 1.0


class _ThreadState(threading.local):
    """The state of the page run of this thread."""

    is_running = False
    holds_semaphore = False


_thread = _ThreadState()


class _PageRunSemaphore:
    """The semaphore of page runs, and the time when a run last had to wait for it."""

    def __init__(self) -> None:
        self.semaphore = threading.Semaphore(1)
        self.last_wait_at = float("-inf")

    @property
    def is_contended(self) -> bool:
        return time.monotonic() - self.last_wait_at < _CONTENTION_WINDOW_S


_page_runs = _PageRunSemaphore()


@contextmanager
def page_run() -> Iterator[None]:
    """Hold the semaphore for a page run; reentrant: a fragment inside a page run reuses the semaphore already held.

    Under contention (a run has waited within the last second), counts and lists may be stale by up to one second.
    """
    if _thread.is_running:
        yield
        return
    _thread.is_running = True
    _thread.holds_semaphore = _page_runs.semaphore.acquire(blocking=False)
    if not _thread.holds_semaphore:
        _page_runs.last_wait_at = time.monotonic()
        _thread.holds_semaphore = _page_runs.semaphore.acquire(timeout=MAX_WAIT_S)
    try:
        recent = runtime.database.read_cache.accept_recent() if _page_runs.is_contended else nullcontext()
        with runtime.warm_up.serving(), recent:
            yield
    finally:
        release()
        _thread.is_running = False


def release() -> None:
    """Release the semaphore early, for a run that waits for a model and then computes little."""
    if _thread.holds_semaphore:
        _thread.holds_semaphore = False
        _page_runs.semaphore.release()
