"""Running the coroutines of the interface from code that is not asynchronous, notebooks included."""

from collections.abc import Coroutine
from typing import Any, TypeVar

from core.background_loop import BackgroundLoop
from core.lazy import Lazy

T = TypeVar("T")

# One for the process: litellm keeps its HTTP clients for each event loop.
_loop = Lazy(BackgroundLoop)


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end and return its result.

    Works where ``asyncio.run`` does not: in a notebook, whose event loop runs already. An interrupt (Ctrl+C, "Stop the
    cell") cancels the coroutine; a task that it processed can be continued.
    """
    work = _loop.get().submit(coroutine)
    try:
        return work.result()
    except KeyboardInterrupt:
        work.cancel()
        raise
