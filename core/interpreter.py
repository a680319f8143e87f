"""Settings of the Python interpreter for the server process, with the measurements behind them.

They hold for the whole process, so only the server applies them: a notebook or script that imports ``core`` keeps the
interpreter as it is. Figures are from two cores.
"""

import asyncio
import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

# SQLite releases the GIL at each statement. With Python's default of 5 ms the writer waited up to 5 ms to get it back
# while the event loop parsed replies: 38 ms from a write to its commit at 32 model calls at once, 30 ms with 1 ms.
# 0.3 ms gained nothing more and cost a tenth of the computing time.
SWITCH_INTERVAL_S = 0.001
# While the warm-up imports, each request needs the GIL several times and waits one interval each time.
IMPORT_SWITCH_INTERVAL_S = 0.0005
# A page run makes thousands of short-lived objects: a collection of the youngest every 700, Python's default, took a
# twentieth of a page run.
GC_THRESHOLDS = (10_000, 20, 20)

_is_server = False


def apply_server_policy() -> None:
    """Set the switch interval, and make :func:`new_event_loop` use uvloop. Called once, when the server starts."""
    global _is_server
    _is_server = True
    sys.setswitchinterval(SWITCH_INTERVAL_S)


def reset() -> None:
    """Restore Python's defaults; for tests."""
    global _is_server
    _is_server = False
    sys.setswitchinterval(0.005)
    gc.unfreeze()
    gc.enable()
    gc.set_threshold(700, 10, 10)


@contextmanager
def importing() -> Iterator[None]:
    """Import heavy libraries in this block; does nothing outside a server.

    The garbage collector is off meanwhile: imported modules are never garbage, and looking for some took a tenth of
    the time. Afterwards they are frozen: a full collection took 163 ms, and 8 ms once it skips them.
    """
    if not _is_server:
        yield
        return
    sys.setswitchinterval(IMPORT_SWITCH_INTERVAL_S)
    gc.disable()
    try:
        yield
    finally:
        sys.setswitchinterval(SWITCH_INTERVAL_S)
        gc.enable()
        gc.collect()
        gc.freeze()
        gc.set_threshold(*GC_THRESHOLDS)


@contextmanager
def importing_first() -> Iterator[None]:
    """Import in this block what the server needs before it listens, without looking for garbage.

    What is imported by then is frozen: collections looked at all of it, for 45 ms of the 250 ms until it listens.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def new_event_loop() -> asyncio.AbstractEventLoop:
    """Return a new event loop: uvloop's in a server that has it (not on Windows), else asyncio's."""
    if _is_server:
        try:
            import uvloop
        except ImportError:
            pass
        else:
            return uvloop.new_event_loop()
    return asyncio.new_event_loop()
