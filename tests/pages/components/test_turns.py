import threading
from collections.abc import Iterator

import pytest

from core import process
from pages.components import page, turns


@pytest.fixture(autouse=True)
def _own_turn() -> Iterator[None]:
    process.forget("page-turn")
    yield
    process.forget("page-turn")


def _is_free() -> bool:
    """Return whether another run would get its turn at once."""
    taken = turns._queue().turn.acquire(blocking=False)
    if taken:
        turns._queue().turn.release()
    return taken


def test_a_run_holds_its_turn_until_it_ends() -> None:
    with turns.turn():
        assert not _is_free()
    assert _is_free()


def test_a_run_that_fails_gives_its_turn_back() -> None:
    with pytest.raises(KeyError), turns.turn():
        raise KeyError
    assert _is_free()


def test_a_fragment_inside_a_page_s_run_goes_along_with_it() -> None:
    with turns.turn():
        with turns.turn():
            assert not _is_free()
        assert not _is_free()
    assert _is_free()


def test_whoever_waits_for_a_model_keeps_nobody_waiting() -> None:
    async def answer() -> bool:
        return _is_free()

    with turns.turn():
        assert page.wait_for(answer())
    assert _is_free()


def test_a_run_that_computes_long_keeps_nobody_waiting_for_good(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "PATIENCE_S", 0.01)
    ran = []

    def other() -> None:
        with turns.turn():
            ran.append(not _is_free())

    with turns.turn():
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
        assert ran == [True]
        assert not _is_free()
