from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from core import Tasks
from core.db import utc_now
from core.tasks import TaskSummary
from pages.components.shared import task_progress


def _summary(
    config: dict[str, object], *, spent: float = 0.0, unpriced_calls: int = 0, maybe_paid: int = 0
) -> TaskSummary:
    return TaskSummary(
        task=Tasks(project_id="p", task_type="t", status="completed", config=config, total_count=1),
        queued=0, running=0, done=1, failed=0, failures=(), spent=spent,
        unpriced_calls=unpriced_calls, maybe_paid_twice=maybe_paid,
    )  # fmt: skip


MODEL = {"models": [{"model": "openai/gpt-4o"}]}


@pytest.mark.parametrize(
    ("summary", "cost"),
    [
        pytest.param(_summary({"source": "zip"}), [], id="an import has no cost to show"),
        pytest.param(_summary(MODEL), ["no cost"], id="calls that cost nothing"),
        pytest.param(_summary(MODEL, maybe_paid=1), [], id="a call without a known outcome"),
        pytest.param(_summary(MODEL, spent=0.0125), ["spent $0.0125"], id="calls with a price"),
        pytest.param(
            _summary(MODEL, unpriced_calls=2), ["cost unknown", "2 calls without a known price"], id="no price is known"
        ),
        pytest.param(
            _summary(MODEL, spent=0.5, unpriced_calls=1), ["spent $0.5000 or more", "1 call without a known price"],
            id="some calls have a price",
        ),
    ],
)  # fmt: skip
def test_the_cost_of_a_task_is_stated_when_it_called_models(summary: TaskSummary, cost: list[str]) -> None:
    assert task_progress._cost(summary) == cost


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.2, "1 s"), (1.4, "1 s"), (89.4, "89 s"), (90, "2 min"), (89 * 60, "89 min"), (90 * 60, "1 h 30 min"),
        (125 * 60, "2 h 5 min"),
    ],
)  # fmt: skip
def test_a_duration_has_one_or_two_units(seconds: float, words: str) -> None:
    assert task_progress.format_duration(seconds) == words


def _timed(status: str, done: int, *, seconds: float, has_ended: bool = False, **more: Any) -> TaskSummary:
    ended_at = utc_now()
    task = Tasks(
        project_id="p", task_type="t", status=status, config={}, total_count=10,
        started_at=ended_at - timedelta(seconds=seconds), ended_at=ended_at if has_ended else None,
        cost_cap=more.pop("cost_cap", None),
    )  # fmt: skip
    return TaskSummary(
        task=task, queued=0, running=0, done=done, failed=more.pop("failed", 0), failures=(), spent=0.0,
        unpriced_calls=0, maybe_paid_twice=more.pop("maybe_paid_twice", 0),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (partial(_timed, "running", 2, seconds=60), ""),
        (partial(_timed, "running", 2, failed=1, seconds=180), "1 per minute, about 7 min left"),
        (partial(_timed, "running", 4, failed=1, seconds=300), "1 per minute, about 5 min left"),
        (partial(_timed, "completed", 10, seconds=120, has_ended=True), "Took 2 min"),
        (partial(_timed, "paused", 5, seconds=120), ""),
        (partial(_timed, "paused", 5, seconds=120, cost_cap=1.5), "Stops at $1.50"),
        (
            partial(_timed, "completed", 9, seconds=5, has_ended=True, maybe_paid_twice=2),
            "Took 5 s, 2 calls possibly paid twice",
        ),
    ],
)
def test_the_figures_of_a_task_are_its_pace_or_its_duration_and_what_it_costs(
    make: Callable[[], TaskSummary], words: str
) -> None:
    # Made here, because times of a task that runs are compared with the clock.
    assert task_progress._figures(make()) == words


def test_a_task_that_has_not_begun_has_no_pace() -> None:
    summary = _summary({})
    assert task_progress._figures(summary) == ""
