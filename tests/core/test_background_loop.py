import asyncio
import threading
from collections.abc import Iterator

import pytest

from core.background_loop import BackgroundLoop


@pytest.fixture
def loop() -> Iterator[BackgroundLoop]:
    background_loop = BackgroundLoop()
    yield background_loop
    background_loop.close()


async def thread_name() -> str:
    await asyncio.sleep(0)
    return threading.current_thread().name


def test_a_coroutine_runs_in_the_thread_of_the_loop_and_returns_its_result(loop: BackgroundLoop) -> None:
    assert loop.run(thread_name(), 60) == "vitrine-loop"
    assert loop._thread.daemon  # a process that ends does not wait for it


async def test_a_coroutine_of_the_loop_can_be_awaited_from_another_loop(loop: BackgroundLoop) -> None:
    assert await loop.call(thread_name()) == "vitrine-loop"


def test_a_timeout_ends_the_wait(loop: BackgroundLoop) -> None:
    with pytest.raises(TimeoutError):
        loop.run(asyncio.sleep(5), 0.01)


def test_closing_cancels_running_coroutines_and_is_idempotent(loop: BackgroundLoop) -> None:
    ended: list[bool] = []

    async def forever() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(True)

    running = loop.submit(forever())
    loop.run(asyncio.sleep(0), 60)
    loop.close()
    loop.close()
    assert ended == [True]
    assert running.cancelled()
