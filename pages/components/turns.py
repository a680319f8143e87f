"""Page runs compute one after another: threads that compete for the interpreter make each other slow.

The runs of a hundred people at once take many times as long as the same runs by turns.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from core import app, process

# A run that computes longer keeps nobody else waiting.
PATIENCE_S = 0.5


class _Mine(threading.local):
    """What this thread's run holds."""

    is_running = False
    has_turn = False


_mine = _Mine()


def _turn() -> threading.Semaphore:
    return process.singleton("page-turn", lambda: threading.Semaphore(1))


@contextmanager
def turn() -> Iterator[None]:
    """Wait for this run's turn and hold it; a fragment inside a page's run goes along with it.

    Whoever had to wait is one of many: counts of the last second will do then.
    """
    if _mine.is_running:
        yield
        return
    _mine.is_running = True
    is_alone = _mine.has_turn = _turn().acquire(blocking=False)
    if not is_alone:
        _mine.has_turn = _turn().acquire(timeout=PATIENCE_S)
    try:
        with nullcontext() if is_alone else app.database().memo.recent_will_do():
            yield
    finally:
        hand_on()
        _mine.is_running = False


def hand_on() -> None:
    """Let others compute: this run is done, or waits for something elsewhere and computes little after."""
    if _mine.has_turn:
        _mine.has_turn = False
        _turn().release()
