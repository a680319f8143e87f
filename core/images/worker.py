"""What a worker process does around each job; loaded once in the process that workers are forked from."""

import os
import resource
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

# Every BLAS thread reserves address space, of which a worker has little; set before numpy is loaded.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# Arrow's own allocators reserve a gigabyte of it at once.
os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")

import numpy  # noqa: F401

from core.errors import ImageRejectedError
from core.images import decode  # noqa: F401

T = TypeVar("T")

OUT_OF_MEMORY = 99
"""The exit code of a worker that ran into its limit; what it had allocated goes with it."""


def limit(memory_bytes: int) -> None:
    """Limit this process's address space, and leave no core files of other people's images behind."""
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def run_limited(budget_s: float, function: Callable[..., T], args: tuple[Any, ...]) -> T:
    """Run one job; the kernel ends this process when the job uses more CPU time than *budget_s*."""
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(time.process_time() + budget_s) + 1, hard))
    try:
        return function(*args)
    except MemoryError:
        os._exit(OUT_OF_MEMORY)


def run_group(function: Callable[..., T], jobs: Sequence[tuple[Any, ...]]) -> list[T | ImageRejectedError]:
    """Run several jobs in one go; what one of them rejects stands in its place."""
    results: list[T | ImageRejectedError] = []
    for job in jobs:
        try:
            results.append(function(*job))
        except ImageRejectedError as rejected:
            results.append(rejected)
    return results
