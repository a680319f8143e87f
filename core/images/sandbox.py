"""Worker processes for everything that opens a file from outside.

A file can crash its worker, exhaust it or keep it busy: the worker is ended and replaced, and only that one file
is rejected. The work is in other modules; this one knows limits and processes.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import TimeoutError as JobTimeoutError
from typing import Any, TypeVar

from loky.backend.context import get_context
from pebble import ProcessExpired, ProcessFuture, ProcessPool

from core.config import Settings
from core.errors import ImageRejectedError
from core.images import worker
from core.process import singleton

T = TypeVar("T")

_GROUP = 8


class Sandbox:
    """A pool of worker processes with limits on memory, CPU time and wall time for each job."""

    def __init__(self, workers: int, memory_bytes: int, timeout_s: float) -> None:
        # The standard library's contexts import the main module in each worker: a notebook user's script without a
        # guard would run again there. This one does not.
        context = get_context("loky")
        self._timeout_s = timeout_s
        self._pool = ProcessPool(workers, initializer=worker.limit, initargs=(memory_bytes,), context=context)

    def run(self, function: Callable[..., T], *args: Any, timeout_s: float | None = None) -> T:
        """Run *function* in a worker and return its result, or raise what it raised.

        *function* and *args* must be picklable.

        Raises:
            ImageRejectedError: the worker took too long or died.
        """
        return self._result(self._start(function, args, timeout_s or self._timeout_s))

    def run_each(self, function: Callable[..., T], jobs: Sequence[tuple[Any, ...]]) -> list[T | ImageRejectedError]:
        """Run *function* once for each tuple of arguments; what a job rejects stands in its place.

        Jobs travel in groups, because handing one over takes as long as decoding a small image. A group that
        ends badly is repeated one by one, so that only the culprit is rejected.
        """
        groups = [jobs[start : start + _GROUP] for start in range(0, len(jobs), _GROUP)]
        running: list[ProcessFuture[list[T | ImageRejectedError]]] = [
            self._start(worker.run_group, (function, group), self._timeout_s) for group in groups
        ]
        results: list[T | ImageRejectedError] = []
        for group, future in zip(groups, running, strict=True):
            try:
                done = self._result(future)
                results += done
            except ImageRejectedError as rejected:
                results += [rejected] if len(group) == 1 else [self._run_alone(function, job) for job in group]
        return results

    def close(self) -> None:
        """End the workers, whatever they are doing."""
        self._pool.stop()  # type: ignore[no-untyped-call]
        self._pool.join()

    def _run_alone(self, function: Callable[..., T], job: tuple[Any, ...]) -> T | ImageRejectedError:
        try:
            return self.run(function, *job)
        except ImageRejectedError as rejected:
            return rejected

    def _start(self, function: Callable[..., T], args: tuple[Any, ...], timeout_s: float) -> "ProcessFuture[T]":
        return self._pool.schedule(worker.run_limited, args=(timeout_s, function, args), timeout=timeout_s)

    def _result(self, future: "ProcessFuture[T]") -> T:
        try:
            return future.result()
        except JobTimeoutError:
            raise ImageRejectedError(
                "Opening this file takes too long to be an honest image. Save it anew and try again.", reason="time"
            ) from None
        except ProcessExpired as ended:
            if ended.exitcode == worker.OUT_OF_MEMORY:
                raise ImageRejectedError(
                    "Opening this file needs more memory than is allowed. Scale it down and try again.", reason="memory"
                ) from None
            raise ImageRejectedError(
                "This file made the image decoder stop. Save it anew and try again.", reason="crash"
            ) from None


def sandbox(settings: Settings) -> Sandbox:
    """Return the process's sandbox, starting it the first time."""
    return singleton(
        "sandbox",
        lambda: Sandbox(settings.decode_workers, settings.decode_memory_bytes, settings.decode_timeout_s),
    )
