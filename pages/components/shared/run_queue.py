"""Page runs compute one after another: threads that compete for the interpreter make each other slow.

The runs of a hundred people at once take many times as long as the same runs by turns.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from core import app, process

# A run that computes longer keeps nobody else waiting.
PATIENCE_S = 0.5
_CROWDED_S = 1.0


class _Mine(threading.local):
    """What this thread's run holds."""

    is_running = False
    has_turn = False


_mine = _Mine()


class _Queue:
    """The one turn there is, and when somebody last had to wait for it."""

    def __init__(self) -> None:
        self.turn = threading.Semaphore(1)
        self.had_to_wait_at = float("-inf")

    @property
    def is_crowded(self) -> bool:
        return time.monotonic() - self.had_to_wait_at < _CROWDED_S


def _queue() -> _Queue:
    return process.singleton("page-turn", _Queue)


@contextmanager
def turn() -> Iterator[None]:
    """Wait for this run's turn and hold it; a fragment inside a page's run goes along with it.

    Who has to wait, and who comes within a second of that, is one of many: counts of the last second will do then.
    """
    if _mine.is_running:
        yield
        return
    _mine.is_running = True
    queue = _queue()
    _mine.has_turn = queue.turn.acquire(blocking=False)
    if not _mine.has_turn:
        queue.had_to_wait_at = time.monotonic()
        _mine.has_turn = queue.turn.acquire(timeout=PATIENCE_S)
    try:
        with app.database().read_cache.accept_recent() if queue.is_crowded else nullcontext():
            yield
    finally:
        hand_on()
        _mine.is_running = False


def hand_on() -> None:
    """Let others compute: this run is done, or waits for something elsewhere and computes little after."""
    if _mine.has_turn:
        _mine.has_turn = False
        _queue().turn.release()
