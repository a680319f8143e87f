"""The sandbox: workers that crash, run out of memory or time out."""

import errno
import os
import signal
import time

import pytest

from core.errors import ImageRejectedError
from core.images.sandbox import Sandbox


@pytest.fixture(scope="module")
def box() -> Sandbox:  # type: ignore[misc]
    made = Sandbox(workers=2, memory_bytes=1_500_000_000, timeout_s=60)
    yield made
    made.close()


def crash(_path: str) -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def spin(_path: str) -> None:
    while True:
        pass


def eat(_path: str) -> int:
    return len(bytearray(4_000_000_000))


is_warm = False


def warm_up() -> None:
    """Take longer than a job may."""
    global is_warm
    time.sleep(1.5)
    is_warm = True


def say_whether_warm(_path: str) -> bool:
    return is_warm


def greet(path: str) -> str:
    if path == "crash":
        crash(path)
    return f"hello {path}"


def trip(path: str) -> str:
    """Raise what no decoder should raise."""
    if path == "odd":
        raise AssertionError(f"state of {path}")
    if path == "full":
        raise OSError(errno.ENOSPC, "No space left on device")
    return f"hello {path}"


@pytest.mark.parametrize(("work", "reason"), [(crash, "crash"), (eat, "memory")])
def test_a_worker_that_dies_rejects_its_file_and_is_replaced(work: object, reason: str, box: Sandbox) -> None:
    with pytest.raises(ImageRejectedError) as caught:
        box.run(work, "x")  # type: ignore[arg-type]

    assert caught.value.reason == reason
    assert box.run(greet, "again") == "hello again"


def test_a_worker_that_never_returns_is_killed() -> None:
    short = Sandbox(workers=1, memory_bytes=1_500_000_000, timeout_s=1)
    try:
        with pytest.raises(ImageRejectedError) as caught:
            short.run(spin, "x")
        assert caught.value.reason in ("time", "crash")
        assert short.run(greet, "again") == "hello again"
    finally:
        short.close()


def test_each_worker_is_warm_before_its_first_job_also_the_one_that_replaces_another() -> None:
    slow = Sandbox(workers=1, memory_bytes=1_500_000_000, timeout_s=1, warm_up=warm_up)
    try:
        assert slow.run(say_whether_warm, "x")
        with pytest.raises(ImageRejectedError):
            slow.run(crash, "x")
        assert slow.run(say_whether_warm, "x")
    finally:
        slow.close()


def test_one_crash_in_a_group_rejects_only_its_own_file(box: Sandbox) -> None:
    names = ["a", "crash", *"bcdefghijklmnopqrstuvw"]  # for two workers in groups of two

    results = box.run_each(greet, [(name,) for name in names])

    found = [r.reason if isinstance(r, ImageRejectedError) else r for r in results]
    assert found == ["hello a", "crash", *(f"hello {name}" for name in names[2:])]


def test_whatever_a_decoder_raises_rejects_only_its_own_file_and_is_logged(
    box: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    results = box.run_each(trip, [("a",), ("odd",), ("b",)])
    with pytest.raises(ImageRejectedError, match="could not be decoded"):
        box.run(trip, "odd")

    assert [r.reason if isinstance(r, ImageRejectedError) else r for r in results] == ["hello a", "decoder", "hello b"]
    logged = [record.getMessage() for record in caplog.records if record.name == "core.images.sandbox"]
    assert ["AssertionError: state of odd" in text for text in logged] == [True, True]


def test_an_error_of_the_disk_is_no_fault_of_the_file(box: Sandbox) -> None:
    with pytest.raises(OSError, match="No space left"):
        box.run_each(trip, [("a",), ("full",)])
