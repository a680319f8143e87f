"""The sandbox: worker processes that decode untrusted files, with limits on memory and time.

A file can crash its worker, exhaust its memory or keep it busy: the worker is killed and replaced, and only that one
file is rejected.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import TimeoutError as JobTimeoutError
from typing import TYPE_CHECKING, Any, TypeVar

from core.errors import ImageRejectedError

if TYPE_CHECKING:
    from pebble import ProcessFuture

    from core.config import Settings

T = TypeVar("T")

log = logging.getLogger(__name__)

# Sending one job takes as long as decoding a small image. Each worker gets several groups all the same, because the
# last one of a worker keeps the others waiting.
_MAX_JOBS_PER_GROUP, _GROUPS_PER_WORKER = 8, 6


class Sandbox:
    """A pool of worker processes; memory, CPU time and wall time of each job are limited.

    The pool and the decoders (pebble, loky, Pillow, numpy) are imported with the first pool: the first page is shown
    before anything is decoded, and their import takes 0.2 s of CPU.
    """

    def __init__(
        self, workers: int, memory_bytes: int, timeout_s: float, *, warm_up: Callable[[], object] | None = None
    ) -> None:
        """Each worker runs *warm_up*, picklable, before its first job; the time limit does not count it.

        What a job imports counts, and the worker that replaces a killed one has imported nothing.
        """
        from loky.backend.context import get_context
        from pebble import ProcessPool

        from core.images import worker

        # The contexts of multiprocessing import the main module in each worker, which would run a user's script
        # without an ``if __name__ == "__main__"`` again. This context does not.
        context = get_context("loky")
        self._workers = workers
        self._timeout_s = timeout_s
        self._pool = ProcessPool(workers, initializer=worker.prepare, initargs=(memory_bytes, warm_up), context=context)

    def run(self, function: Callable[..., T], *args: Any, timeout_s: float | None = None) -> T:
        """Run *function* in a worker and return its result, or raise what it raised.

        Args:
            function: picklable, as are its arguments and its result.
            timeout_s: wall time and CPU time; the time limit of the sandbox when None.

        Raises:
            ImageRejectedError: the worker took too long or died.
        """
        return self._result(self._start(function, args, timeout_s or self._timeout_s))

    def run_each(self, function: Callable[..., T], jobs: Sequence[tuple[Any, ...]]) -> list[T | ImageRejectedError]:
        """Run *function* once for each tuple of arguments; an error takes the position of a job that failed.

        Jobs are sent in groups. When a worker dies, the jobs of its group are repeated one by one, so that only the
        file that killed it is rejected.
        """
        size = min(max(len(jobs) // (self._workers * _GROUPS_PER_WORKER), 1), _MAX_JOBS_PER_GROUP)
        groups = [jobs[start : start + size] for start in range(0, len(jobs), size)]
        from core.images import worker

        running: list[ProcessFuture[list[T | ImageRejectedError]]] = [
            self._start(worker.run_group, (function, group), self._timeout_s) for group in groups
        ]
        results: list[T | ImageRejectedError] = []
        for group, future in zip(groups, running, strict=True):
            try:
                done = self._result(future)
                for result in done:
                    _log_unexpected(result)
                results += done
            except ImageRejectedError as rejected:
                results += [rejected] if len(group) == 1 else [self._run_alone(function, job) for job in group]
        return results

    def close(self) -> None:
        """Kill the workers, also those that are busy."""
        self._pool.stop()  # type: ignore[no-untyped-call]
        self._pool.join()

    def _run_alone(self, function: Callable[..., T], job: tuple[Any, ...]) -> T | ImageRejectedError:
        try:
            return self.run(function, *job)
        except ImageRejectedError as rejected:
            return rejected

    def _start(self, function: Callable[..., T], args: tuple[Any, ...], timeout_s: float) -> "ProcessFuture[T]":
        from core.images import worker

        return self._pool.schedule(worker.run_limited, args=(timeout_s, function, args), timeout=timeout_s)

    def _result(self, future: "ProcessFuture[T]") -> T:
        from pebble import ProcessExpired

        from core.images import worker

        try:
            return future.result()
        except ImageRejectedError as rejected:
            _log_unexpected(rejected)
            raise
        except JobTimeoutError:
            raise ImageRejectedError(
                "Decoding this file timed out. Save it again with an image editor and try that.", reason="time"
            ) from None
        except ProcessExpired as ended:
            if ended.exitcode == worker.OUT_OF_MEMORY:
                raise ImageRejectedError(
                    "Decoding this file needs more memory than is allowed. Scale it down and try again.",
                    reason="memory",
                ) from None
            raise ImageRejectedError(
                "This file crashed the image decoder. Save it again with an image editor and try that.", reason="crash"
            ) from None


def _log_unexpected(result: object) -> None:
    """Log the traceback of an error that no decoder translates, see :func:`core.images.worker.run_group`."""
    for note in getattr(result, "__notes__", ()):
        log.warning("A decoder raised an unexpected error; its file was rejected.\n%s", note)


_shared: Sandbox | None = None
_shared_lock = threading.Lock()


def sandbox(settings: "Settings") -> Sandbox:
    """Return the pool that the whole process shares, starting its workers the first time."""
    global _shared
    with _shared_lock:
        if _shared is None:
            _shared = Sandbox(settings.decode_workers, settings.decode_memory_bytes, settings.decode_timeout_s)
        return _shared


def close_shared() -> None:
    """End the workers of the shared pool, if there is one; the next use of :func:`sandbox` starts new ones."""
    global _shared
    with _shared_lock:
        closing, _shared = _shared, None
    if closing is not None:
        closing.close()
