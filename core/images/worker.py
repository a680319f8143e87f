"""What a worker process of the sandbox runs around each job; imported once, in the process that workers fork from."""

import os
import sys
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

try:
    import resource
except ImportError:  # Windows has no such module
    resource = None  # type: ignore[assignment]

# Every BLAS thread reserves address space, which is limited in a worker; set before numpy is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# Arrow's default allocators reserve a gigabyte of address space.
os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")

import numpy  # noqa: F401

from core.errors import ImageRejectedError, VitrineError
from core.images import decode  # noqa: F401

T = TypeVar("T")

OUT_OF_MEMORY = 99
"""The exit code of a worker that reached its memory limit; exiting frees what it had allocated."""


# Blocks up to this size are reused instead of being returned to the system; 32 MiB is the largest value of glibc.
_REUSED_BLOCK_BYTES = 32 * 1024 * 1024
# Of free memory that a worker keeps between two jobs.
_KEPT_BYTES = 64_000_000
# Parameters of glibc's mallopt.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3


# How often a process looks at its memory where the system does not limit it.
_WATCH_INTERVAL_S = 0.1


def can_limit() -> bool:
    """Return whether this system can limit the CPU time of a process; wall time is limited everywhere."""
    return resource is not None


def can_limit_memory() -> bool:
    """Return whether this system can limit the memory of a process: macOS refuses or ignores the limit."""
    return resource is not None and sys.platform != "darwin"


def limit(memory_bytes: int) -> None:
    """Limit this process's memory, and disable core dumps, which would contain people's images."""
    if can_limit():
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if can_limit_memory():
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    else:
        watch_memory(memory_bytes)


def watch_memory(memory_bytes: int) -> None:
    """End this process soon after it uses more memory, where the system does not."""
    import psutil

    process = psutil.Process()

    def watch() -> None:
        while process.memory_info().rss <= memory_bytes:
            time.sleep(_WATCH_INTERVAL_S)
        os._exit(OUT_OF_MEMORY)

    threading.Thread(target=watch, name="memory", daemon=True).start()


def prepare(memory_bytes: int, warm_up: Callable[[], object] | None = None) -> None:
    """Prepare a new worker process: its limits, the reuse of its memory, and what its jobs import."""
    limit(memory_bytes)
    keep_memory()
    if warm_up is not None:
        leave_deleted_directory()
        warm_up()


def keep_memory() -> None:
    """Let glibc reuse the memory of the last image; other C libraries decide by themselves.

    By default it returns the blocks of each WebP to the system, and the kernel clears 7,600 new pages for the next one:
    67 ms of CPU for 2 megapixels, and 51 ms with these settings. JPEG and PNG need the same with both.
    """
    if sys.platform != "linux":
        return
    import ctypes

    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # musl has none
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _REUSED_BLOCK_BYTES)
        mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)


def run_limited(budget_s: float, function: Callable[..., T], args: tuple[Any, ...]) -> T:
    """Run one job; the kernel kills this process when the job uses more CPU time than *budget_s*."""
    if can_limit():
        _, hard = resource.getrlimit(resource.RLIMIT_CPU)
        resource.setrlimit(resource.RLIMIT_CPU, (int(time.process_time() + budget_s) + 1, hard))
    leave_deleted_directory()
    try:
        return _run(function, args)
    except MemoryError:
        os._exit(OUT_OF_MEMORY)


def leave_deleted_directory() -> None:
    """Change to the root when the working directory was deleted: libraries that ask for it could not be imported."""
    try:
        Path.cwd()
    except FileNotFoundError:
        os.chdir(os.sep)


def run_group(function: Callable[..., T], jobs: Sequence[tuple[Any, ...]]) -> list[T | ImageRejectedError]:
    """Run several jobs; an ImageRejectedError takes the position of a job that raised it."""
    results: list[T | ImageRejectedError] = []
    for job in jobs:
        try:
            results.append(_run(function, job))
        except ImageRejectedError as rejected:
            results.append(rejected)
    return results


def _run(function: Callable[..., T], args: tuple[Any, ...]) -> T:
    """Run one job; whatever a decoder raises rejects this one file. The traceback is a note of the error.

    An OSError passes: the decoders translate theirs, so it comes from writing to the disk and concerns every file.
    """
    try:
        return function(*args)
    except (VitrineError, OSError, MemoryError):
        raise
    except Exception:  # noqa: BLE001 - decoders of untrusted files raise anything
        rejected = ImageRejectedError(
            "This file could not be decoded. Save it again with another program and try that.", reason="decoder"
        )
        rejected.add_note(traceback.format_exc())
        raise rejected from None
