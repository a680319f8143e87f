import pytest

from core import Tasks
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
