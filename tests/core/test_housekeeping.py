"""What the server does once a day: again and again, whatever fails on one day, until it stops."""

import logging
import threading

import pytest

from core import caller
from core.errors import StorageError
from core.housekeeping import Housekeeping


def test_it_goes_on_after_a_day_that_failed_and_ends_when_it_is_stopped(caplog: pytest.LogCaptureFixture) -> None:
    days, third = list[tuple[str, str]](), threading.Event()

    def tidy() -> None:
        days.append((caller.current().name, caller.current().way))
        if len(days) == 3:
            third.set()
        if len(days) == 2:
            raise StorageError("The disk is full.")

    housekeeping = Housekeeping(tidy, every_s=0.001)
    with caplog.at_level(logging.WARNING):
        housekeeping.start()
        assert third.wait(60)
        housekeeping.stop()
    assert set(days) == {("server", "housekeeping")}
    assert [record.message for record in caplog.records] == ["housekeeping stopped: The disk is full."]
    assert not housekeeping._thread.is_alive()
    assert housekeeping._thread.daemon  # a process that ends does not wait for it


def test_one_that_was_never_started_is_stopped_at_once() -> None:
    Housekeeping(lambda: None).stop()
