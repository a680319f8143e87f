"""Running the coroutines of the interface from code that is not asynchronous, notebooks included."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from core.arguments import kind_of
from core.background_loop import BackgroundLoop
from core.errors import InvalidInputError
from core.lazy import Lazy

T = TypeVar("T")

# One for the process: litellm keeps its HTTP clients for each event loop.
_loop = Lazy(BackgroundLoop)


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end and return its result.

    Works where ``asyncio.run`` does not: in a notebook, whose event loop runs already. An interrupt (Ctrl+C, "Stop the
    cell") cancels the coroutine; a task that it processed can be continued.

    Raises:
        InvalidInputError: *coroutine* is none, such as a method that was not called.
    """
    if not asyncio.iscoroutine(coroutine):
        raise InvalidInputError(
            f"Pass run what a call returns, as in run(images.upload_image(...)), not {kind_of(coroutine)}.",
            field="coroutine",
        )
    work = _loop.get().submit(coroutine)
    try:
        return work.result()
    except KeyboardInterrupt:
        work.cancel()
        raise
