"""Local analyzers run in worker processes with limits, as decoding does; models stay loaded between images."""

import asyncio
import os
import threading
from collections.abc import Callable, Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any, TypeVar

from core.config import Settings
from core.errors import ImageRejectedError
from core.images.sandbox import Sandbox

T = TypeVar("T")

_shared: Sandbox | None = None
_lock = threading.Lock()


def workers(settings: Settings) -> int:
    """Return how many worker processes analyze images: one a core, unless the settings say otherwise."""
    return settings.vision_workers or os.cpu_count() or 1


async def run_each(
    settings: Settings, function: Callable[..., T], jobs: Sequence[tuple[Any, ...]]
) -> list[T | ImageRejectedError]:
    """Run *function* once for each tuple of arguments in a worker; an error takes the position of a failed one.

    Args:
        function: at the top level of a module; its models are kept in the worker by ``functools.cache``.
    """
    return await asyncio.to_thread(_sandbox(settings).run_each, function, jobs)


def package_version(name: str) -> str | None:
    """Return the version of an installed package, None when it is not installed."""
    try:
        return _installed_version(name)
    except PackageNotFoundError:
        return None


@cache
def _installed_version(name: str) -> str:
    """Return the version; what is not installed is looked for again, as an error is not kept."""
    return version(name)


def close_shared() -> None:
    """End the workers, if there are any; the next analysis starts new ones."""
    global _shared
    with _lock:
        closing, _shared = _shared, None
    if closing is not None:
        closing.close()


def _sandbox(settings: Settings) -> Sandbox:
    global _shared
    with _lock:
        if _shared is None:
            _shared = Sandbox(workers(settings), settings.vision_memory_bytes, settings.vision_timeout_s)
        return _shared
