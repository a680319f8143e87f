import threading
from collections.abc import Iterator

import pytest

from core import process
from pages.components.shared import page, run_queue


@pytest.fixture(autouse=True)
def _own_turn() -> Iterator[None]:
    process.forget("page-turn")
    yield
    process.forget("page-turn")


def _is_free() -> bool:
    """Return whether another run would get its turn at once."""
    taken = run_queue._queue().turn.acquire(blocking=False)
    if taken:
        run_queue._queue().turn.release()
    return taken


def test_a_run_holds_its_turn_until_it_ends() -> None:
    with run_queue.turn():
        assert not _is_free()
    assert _is_free()


def test_a_run_that_fails_gives_its_turn_back() -> None:
    with pytest.raises(KeyError), run_queue.turn():
        raise KeyError
    assert _is_free()


def test_a_fragment_inside_a_page_s_run_goes_along_with_it() -> None:
    with run_queue.turn():
        with run_queue.turn():
            assert not _is_free()
        assert not _is_free()
    assert _is_free()


def test_whoever_waits_for_a_model_keeps_nobody_waiting() -> None:
    async def answer() -> bool:
        return _is_free()

    with run_queue.turn():
        assert page.wait_for(answer())
    assert _is_free()


def test_a_run_that_computes_long_keeps_nobody_waiting_for_good(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_queue, "PATIENCE_S", 0.01)
    ran = []

    def other() -> None:
        with run_queue.turn():
            ran.append(not _is_free())

    with run_queue.turn():
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
        assert ran == [True]
        assert not _is_free()
