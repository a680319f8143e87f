"""What exists once per process."""

import asyncio
import sys
import threading

import pytest
import streamlit as st

from core import process


def test_everybody_gets_the_same_object() -> None:
    made: list[object] = []
    start = threading.Barrier(8)

    def ask() -> None:
        start.wait()
        made.append(process.singleton("thing", object))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(map(id, made))) == 1
    assert process.forget("thing") is made[0]


def test_neither_reloading_the_module_nor_clearing_caches_makes_a_second_one() -> None:
    first = process.singleton("thing", object)
    kept = sys.modules.pop("core.process")
    try:
        import core.process as again
        from core import process as _  # noqa: F401

        st.cache_resource.clear()
        assert again.singleton("thing", object) is first
    finally:
        sys.modules["core.process"] = kept
        process.forget("thing")


def test_a_factory_may_ask_for_other_objects() -> None:
    assert process.singleton("outer", lambda: [process.singleton("inner", lambda: 1)]) == [1]
    assert (process.forget("outer"), process.forget("inner")) == ([1], 1)


def test_a_factory_that_fails_is_asked_again() -> None:
    with pytest.raises(ZeroDivisionError):
        process.singleton("thing", lambda: 1 / 0)
    assert process.existing("thing") is None
    assert process.singleton("thing", lambda: 1) == 1
    assert process.forget("thing") == 1


def test_the_loop_runs_work_in_a_thread_of_its_own_and_returns_its_result() -> None:
    loop = process.BackgroundLoop()

    async def where() -> str:
        await asyncio.sleep(0)
        return threading.current_thread().name

    assert loop.run(where(), 5) == "vitrine-loop"
    loop.close()


def test_closing_the_loop_cancels_what_runs_and_can_be_repeated() -> None:
    loop, ended = process.BackgroundLoop(), []

    async def forever() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(True)

    running = loop.submit(forever())
    loop.run(asyncio.sleep(0), 5)
    loop.close()
    loop.close()
    assert ended == [True]
    assert running.cancelled()
