"""An event loop in a thread of its own, for model calls and tasks."""

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

from core import interpreter

T = TypeVar("T")

_CLOSE_TIMEOUT_S = 10.0


class BackgroundLoop:
    """One event loop in a daemon thread.

    litellm keeps HTTP clients per event loop and never frees them: a loop per call leaked 2 MB a call, one persistent
    loop leaks nothing.
    """

    def __init__(self) -> None:
        self.loop = interpreter.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name="vitrine-loop", daemon=True)
        self._thread.start()

    def submit(self, work: Coroutine[Any, Any, T]) -> "Future[T]":
        """Start *work* on the loop and return at once."""
        return asyncio.run_coroutine_threadsafe(work, self.loop)

    def run(self, work: Coroutine[Any, Any, T], timeout_s: float | None = None) -> T:
        """Run *work* on the loop and return its result; never call this from the loop itself.

        Raises:
            TimeoutError: *work* took longer than *timeout_s*; it goes on running.
        """
        return self.submit(work).result(timeout_s)

    async def call(self, work: Coroutine[Any, Any, T]) -> T:
        """Run *work* on this loop and await its result on the caller's loop."""
        return await asyncio.wrap_future(self.submit(work))

    def close(self) -> None:
        """Cancel what is still running and stop the loop; closing twice does nothing."""
        if not self._thread.is_alive():
            return

        async def cancel_everything() -> None:
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)

        self.submit(cancel_everything()).result(_CLOSE_TIMEOUT_S)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(_CLOSE_TIMEOUT_S)
        self.loop.close()
