"""Page runs take turns under a semaphore, because threads that compute at the same time contend for the GIL.

With a hundred people clicking, page runs that compete for the interpreter take several times as long as the same
runs one after another.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from core.runtime import runtime

MAX_WAIT_S = 0.5
"""A run that waits longer starts beside the one that holds the semaphore."""
_CONTENTION_WINDOW_S = 1.0


class _ThreadState(threading.local):
    """What the page run of this thread does and holds."""

    is_running = False
    holds_semaphore = False


_thread = _ThreadState()


class _Queue:
    """The semaphore of page runs, and when a run last had to wait for it."""

    def __init__(self) -> None:
        self.semaphore = threading.Semaphore(1)
        self.last_wait_at = float("-inf")

    @property
    def is_contended(self) -> bool:
        return time.monotonic() - self.last_wait_at < _CONTENTION_WINDOW_S


_queue = _Queue()


@contextmanager
def page_run() -> Iterator[None]:
    """Hold the semaphore for a page run; a fragment that is drawn inside a page run shares its hold.

    Under contention (a run has waited within the last second), counts and lists may be stale by up to one second.
    """
    if _thread.is_running:
        yield
        return
    _thread.is_running = True
    _thread.holds_semaphore = _queue.semaphore.acquire(blocking=False)
    if not _thread.holds_semaphore:
        _queue.last_wait_at = time.monotonic()
        _thread.holds_semaphore = _queue.semaphore.acquire(timeout=MAX_WAIT_S)
    try:
        with runtime.database.read_cache.accept_recent() if _queue.is_contended else nullcontext():
            yield
    finally:
        release()
        _thread.is_running = False


def release() -> None:
    """Release the semaphore early, for a run that waits for a model and computes little afterwards."""
    if _thread.holds_semaphore:
        _thread.holds_semaphore = False
        _queue.semaphore.release()
