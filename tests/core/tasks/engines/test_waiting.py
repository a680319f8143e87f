"""Waiting for a task on servers and workers: it ends here, on workers, or first here and then there."""

from types import SimpleNamespace
from typing import Any

import pytest

from core.tasks.engines.workers_engine import WorkersEngine


@pytest.mark.parametrize(
    ("runs_here", "ends_here", "status", "is_at_work", "has_ended"),
    [
        ([True, True], True, "completed", False, True),
        ([True], False, "running", False, False),
        ([True, False], True, "running", False, False),  # its items are listed here and done on workers
        ([True, False], True, "completed", False, True),
        ([False, False], False, "completed", False, True),
        ([False, False], False, "running", False, False),
        ([False, False], False, "queued", False, False),
        ([False, False], False, "paused", True, False),
        ([False, False], False, "paused", False, True),
    ],
)
def test_a_task_has_ended_when_nobody_works_on_it_any_more(
    runs_here: list[bool], ends_here: bool, status: str, is_at_work: bool, has_ended: bool
) -> None:
    places = iter(runs_here)
    engine: Any = SimpleNamespace(
        _task=lambda _id: SimpleNamespace(status=status),
        _runs_here=lambda _task: next(places),
        _embedded=SimpleNamespace(wait=lambda _id, _timeout_s: ends_here),
        works_on=lambda _id: is_at_work,
    )
    assert WorkersEngine.wait(engine, "task", -1.0) is has_ended
