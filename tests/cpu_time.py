"""How much processor time work takes, for tests of how that grows with its size."""

import gc
import time
from collections.abc import Callable


def cost_s(work: Callable[[], object], rounds: int = 3) -> float:
    """Return the processor time of *work* in this thread, the least of some rounds.

    Other threads and a machine that does much else do not count. A garbage collection would: it walks everything that
    the tests before have left in this process.
    """
    least_s = float("inf")
    for _ in range(rounds):
        gc.disable()
        began_s = time.thread_time()
        try:
            work()
            least_s = min(least_s, time.thread_time() - began_s)
        finally:
            gc.enable()
    return least_s


def takes_at_most(limit_s: float, work: Callable[[], object], rounds: int = 5) -> bool:
    """Return whether *work* takes at most *limit_s* of processor time in one of some rounds.

    Where other processes fill the caches, large work takes several times as long and small work does not: choose sizes
    so far apart that this is no doubt.
    """
    return any(cost_s(work, rounds=1) <= limit_s for _ in range(rounds))
