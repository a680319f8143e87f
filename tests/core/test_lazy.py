import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core.lazy import Lazy, lazy_import


def test_all_threads_get_the_same_value() -> None:
    value = Lazy(object)
    start = threading.Barrier(8)
    got: list[object] = []

    def use() -> None:
        start.wait()
        got.append(value.get())

    threads = [threading.Thread(target=use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(map(id, got))) == 1
    assert value.peek() is got[0]


def test_a_factory_may_use_another_lazy_value() -> None:
    inner = Lazy(lambda: 1)
    assert Lazy(lambda: [inner.get()]).get() == [1]


def test_a_factory_that_fails_is_called_again() -> None:
    outcomes = iter([ZeroDivisionError(), 1])

    def make() -> int:
        outcome = next(outcomes)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    value = Lazy(make)
    with pytest.raises(ZeroDivisionError):
        value.get()
    assert value.peek() is None
    assert value.get() == 1


def test_after_take_the_value_is_created_again() -> None:
    value = Lazy(object)
    first = value.get()
    assert value.take() is first
    assert value.take() is None
    assert value.get() is not first


def test_concurrent_imports_of_a_package_and_its_submodule_both_succeed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "slowly"
    package.mkdir()
    (package / "__init__.py").write_text("import time\ntime.sleep(0.2)\nfrom slowly.part import NAME\n")
    (package / "part.py").write_text("import time\ntime.sleep(0.2)\nNAME = 'part'\n")
    monkeypatch.syspath_prepend(str(tmp_path))

    with ThreadPoolExecutor(2) as threads:
        imports = [threads.submit(lazy_import, name) for name in ("slowly.part", "slowly")]
        outcomes = [future.exception() for future in imports]

    assert outcomes == [None, None]
