"""The warm-up: its imports let page runs go first."""

import sys
import threading
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from core import warmup
from core.warmup import WarmUp

MODULE = "imported_by_the_warm_up"


@pytest.fixture
def warm_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[WarmUp]:
    """A warm-up whose later step imports a module, and whose first page was shown."""
    (tmp_path / f"{MODULE}.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(warmup, "_DRAWING_S", 0)
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    warm_up = WarmUp(lambda: None, lambda: None, lambda: iter([lambda: import_module(MODULE)]))
    warm_up.page_was_shown()
    yield warm_up
    sys.modules.pop(MODULE, None)


def test_an_import_waits_for_the_end_of_a_page_run(warm_up: WarmUp) -> None:
    thread = threading.Thread(target=warm_up.run)
    with warm_up.serving():
        thread.start()
        thread.join(0.3)
        assert thread.is_alive()
        assert MODULE not in sys.modules
    thread.join(10)
    assert MODULE in sys.modules


def test_a_page_run_that_needs_what_is_imported_does_not_wait_for_ever(
    warm_up: WarmUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(warmup, "_STAND_BACK_S", 0)
    with warm_up.serving():
        warm_up.run()
    assert MODULE in sys.modules


def test_imports_of_others_wait_for_nobody(warm_up: WarmUp, tmp_path: Path) -> None:
    (tmp_path / f"{MODULE}_not.py").touch()
    thread = threading.Thread(target=warm_up.run)
    with warm_up.serving():
        thread.start()
        import_module(f"{MODULE}_not")
    thread.join(10)
    del sys.modules[f"{MODULE}_not"]


def test_what_the_next_click_needs_waits_for_no_page_run(warm_up: WarmUp) -> None:
    warm_up = WarmUp(lambda: None, lambda: import_module(MODULE), lambda: iter(()))
    warm_up.page_was_shown()
    with warm_up.serving():
        warm_up.run()
    assert MODULE in sys.modules


def test_an_import_that_went_on_during_a_long_run_waits_again_for_the_next_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warmup, "_STAND_BACK_S", 0.05)
    may_go_on = threading.Event()
    pauses = warmup._PausesOfImports(may_go_on)
    pauses.find_spec()
    waited: list[float | None] = []
    monkeypatch.setattr(may_go_on, "wait", waited.append)

    pauses.find_spec()
    assert waited == []

    may_go_on.set()
    pauses.find_spec()
    may_go_on.clear()
    pauses.find_spec()
    assert waited == [0.05]


def test_its_imports_stand_back_before_any_other_finder_looks_and_no_longer_than_it_runs(warm_up: WarmUp) -> None:
    finders = list(sys.meta_path)
    seen: list[object] = []
    warm_up = WarmUp(lambda: None, lambda: None, lambda: iter([lambda: seen.extend(sys.meta_path)]))
    warm_up.page_was_shown()
    warm_up.run()
    assert isinstance(seen[0], warmup._PausesOfImports)
    assert seen[1:] == finders == list(sys.meta_path)


def test_imports_wait_until_the_last_of_several_page_runs_has_ended(warm_up: WarmUp) -> None:
    with warm_up.serving():
        with warm_up.serving():
            pass
        assert not warm_up._nothing_served.is_set()
    assert warm_up._nothing_served.is_set()
