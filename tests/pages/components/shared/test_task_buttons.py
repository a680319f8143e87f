"""A task on its page: its bar, what it is short by, what can be done with it, and its failures."""

from types import SimpleNamespace
from typing import Any

import pytest

from core import Tasks
from core.db import utc_now
from core.tasks import TaskSummary
from pages.components.shared import model_picker, task_progress
from tests.pages.reading import draw, read
from tests.pages.running import services


def summary(status: str, *, done: int = 0, failures: tuple[Any, ...] = (), **columns: Any) -> TaskSummary:
    given: dict[str, Any] = {"config": {}, "task_type": "image-question-generation", "total_count": 4, **columns}
    return TaskSummary(
        task=Tasks(id="t", project_id="p", status=status, **given), queued=0, running=0, done=done, failed=0,
        failures=failures, spent=0.0, unpriced_calls=0, maybe_paid_twice=0,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("status", "buttons"),
    [
        ("queued", ["[Pause]", "[Cancel]"]), ("running", ["[Pause]", "[Cancel]"]),
        ("paused", ["[Resume]", "[Cancel]"]), ("completed", []), ("cancelled", []),
    ],
)  # fmt: skip
def test_what_can_be_done_with_a_task_depends_on_its_state(status: str, buttons: list[str]) -> None:
    assert read(draw(task_progress.buttons, summary(status))) == buttons


@pytest.mark.parametrize(
    ("cap", "note", "is_asked"),
    [(1.5, "It has reached its cost cap.", True), (1.5, "A person paused it.", False),
     (None, "It has reached its cost cap.", False)],
)  # fmt: skip
def test_a_task_that_paused_at_its_cap_asks_for_another(cap: float | None, note: str, is_asked: bool) -> None:
    caps: list[float | None] = []
    at = draw(lambda: caps.append(task_progress._raised_cap(summary("paused", cost_cap=cap, note=note))))
    assert bool(at.number_input) is is_asked
    assert caps == [None if is_asked else cap]


@pytest.mark.parametrize(("status", "is_off"), [("running", True), ("completed_with_failures", False)])
def test_failures_are_retried_once_the_task_does_not_run(status: str, is_off: bool) -> None:
    failed = SimpleNamespace(count=2, error_code="auth", example="The key is wrong.")
    at = draw(task_progress.failures, summary(status, failures=(failed,)))
    assert read(at) == ["2 items failed: The key is wrong.", f"[Retry these]{' off' if is_off else ''}"]
    assert (at.button[0].help == "Pause the task first.") is is_off


@pytest.mark.parametrize(
    ("kind", "missing", "refused", "has_ended", "lines"),
    [
        ("image-question-generation", 0, 0, True, []),
        ("image-question-generation", 1, 0, True,
         ["info: Short by 1 question: asked again, the model gave no more that are new. "
          "Start a new recipe to top up."]),
        ("image-answer-generation", 2, 0, True, ["info: Short by 2 answers: asked again, the model left them out."]),
        ("image-question-generation", 0, 1, True,
         ["info: 1 answer left out: asked again, the model gave none that a program can verify."]),
        ("image-question-generation", 1, 1, False, []),
    ],
)  # fmt: skip
def test_a_task_says_at_its_end_by_what_it_is_short(
    kind: str, missing: int, refused: int, has_ended: bool, lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services().questions, "shortfall", lambda _id: missing)
    monkeypatch.setattr(services().questions, "unverifiable", lambda _id: refused)
    task = summary("completed", task_type=kind, ended_at=utc_now() if has_ended else None).task
    assert read(draw(task_progress._shortfall, task)) == lines


@pytest.mark.parametrize(
    ("found", "doing", "percent", "says"),
    [
        (summary("running", done=1), None, 25, []),
        (summary("running", done=1), (0.5, "Reading"), 37, ["Reading"]),
        (summary("running", done=4), (0.5, "Reading"), 100, ["Reading"]),
        (summary("completed", done=1), (0.5, "Reading"), 25, ["Reading"]),
        (summary("queued", total_count=0), None, 100, []),
        (summary("paused", done=1), None, 25, ["waiting for what has begun"]),
        (summary("running", done=1, note="Slow down."), None, 25, []),
    ],
    ids=["running", "half an item", "never more than all", "ended", "empty", "paused", "with a note"],
)
def test_the_bar_of_a_task_counts_what_ended_and_what_runs(
    found: TaskSummary, doing: tuple[float, str] | None, percent: int, says: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(services().engine, "progress", lambda _id: doing)
    monkeypatch.setattr(task_progress, "is_active", lambda _task: True)
    at = draw(task_progress._draw, found)
    (bar,) = at.get("progress")
    assert bar.proto.value == percent
    assert bar.proto.text.split(", ")[1:] == says
    assert [info.value.replace("\\", "") for info in at.info] == ([found.task.note] if found.task.note else [])


@pytest.mark.parametrize(
    ("status", "note", "asks"),
    [("paused", "The key was refused.", True), ("paused", "A person did.", False), ("failed", "The key.", False)],
)
def test_a_task_whose_key_was_refused_asks_for_another(
    status: str, note: str, asks: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    monkeypatch.setattr(model_picker, "ask_for_key", asked.append)
    config = {"models": [{"model": "openai/gpt-4o"}]}
    draw(task_progress._draw, summary(status, note=note, config=config))
    assert bool(asked) is asks
