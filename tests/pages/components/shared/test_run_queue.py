import threading

import pytest

from pages.components.shared import page, run_queue


@pytest.fixture(autouse=True)
def _own_semaphore(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_queue, "_page_runs", run_queue._PageRunSemaphore())


def _is_free() -> bool:
    """Return whether another run would get the semaphore without waiting."""
    acquired = run_queue._page_runs.semaphore.acquire(blocking=False)
    if acquired:
        run_queue._page_runs.semaphore.release()
    return acquired


def test_a_run_holds_the_semaphore_until_it_ends() -> None:
    with run_queue.page_run():
        assert not _is_free()
    assert _is_free()


def test_a_run_that_fails_releases_the_semaphore() -> None:
    with pytest.raises(KeyError), run_queue.page_run():
        raise KeyError
    assert _is_free()


def test_a_fragment_inside_a_page_run_reuses_the_semaphore() -> None:
    with run_queue.page_run():
        with run_queue.page_run():
            assert not _is_free()
        assert not _is_free()
    assert _is_free()


def test_a_run_that_waits_for_a_model_releases_the_semaphore() -> None:
    async def answer() -> bool:
        return _is_free()

    with run_queue.page_run():
        assert page.wait_for(answer())
    assert _is_free()


def test_a_run_that_computes_long_blocks_others_only_for_the_maximum_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_queue, "MAX_WAIT_S", 0.01)
    ran = []

    def other() -> None:
        with run_queue.page_run():
            ran.append(not _is_free())

    with run_queue.page_run():
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
        assert ran == [True]
        assert not _is_free()
