"""Drafting twins: what it costs, the limits of its form, and the task that it starts."""

from types import SimpleNamespace
from typing import Any

import pytest

from core.errors import InvalidInputError
from pages.components.check import running, twins
from tests.pages.controls import controls
from tests.pages.reading import draw, read
from tests.pages.running import services


def estimated(**changed: Any) -> Any:
    given = {"questions": 2, "calls_low": 2, "calls_high": 6, "cost_low": 0.0, "cost_high": 0.0, **changed}
    return SimpleNamespace(**given)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, "2 to 6 calls, no cost."),
        ({"calls_low": 1, "calls_high": 1}, "1 call, no cost."),
        ({"cost_low": None}, "2 to 6 calls, price unknown."),
        ({"cost_high": None}, "2 to 6 calls, price unknown."),
        ({"cost_low": 0.05, "cost_high": 1.5}, "2 to 6 calls, about $0.0500 to $1.50."),
    ],
)
def test_the_calls_are_said_with_their_cost(changed: dict[str, Any], said: str) -> None:
    assert twins._cost(estimated(**changed)) == said


@pytest.mark.parametrize(("cost_high", "has_cap"), [(0.0, False), (1.5, True), (None, True)])
def test_twins_are_drafted_as_chosen_and_only_what_costs_has_a_cap(
    cost_high: float | None, has_cap: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[tuple[dict[str, Any], float | None]] = []

    def create_task(_project_id: str, _kind: str, config: dict[str, Any], *, cost_cap: float | None) -> Any:
        made.append((config, cost_cap))
        return SimpleNamespace(id="t")

    monkeypatch.setattr(services().twins, "estimate", lambda *_of: estimated(cost_high=cost_high))
    monkeypatch.setattr(services().tasks, "create_task", create_task)
    monkeypatch.setattr(services().engine, "submit", lambda _id: None)
    monkeypatch.setattr(running, "follow", lambda *_task: None)
    at = draw(twins._dialog, "p", "kind:count")
    shown = controls(at)
    assert shown["twins-most"] == "number_input Questions at most | value 200 | min 1 max 20000 step 1"
    assert shown["twins-tries"] == "slider Images asked for each question at most | value 3 | min 1 max 24 step 1"
    assert ("twins-cap" in shown) is has_cap
    if has_cap:
        at.number_input(key="twins-cap").set_value(2.5).run()
    assert at.button(key="twins-start").label == "Draft for 2 questions"
    at.button(key="twins-start").click().run()
    ((config, cap),) = made
    assert (config["query"], config["max_twins"], config["tries"], cap) == (
        "kind:count", 200, 3, 2.5 if has_cap else None,
    )  # fmt: skip


def test_images_without_vectors_are_analyzed_first(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_of: object) -> None:
        raise InvalidInputError("No image has a vector yet.")

    monkeypatch.setattr(services().twins, "estimate", refuse)
    assert read(draw(twins._dialog, "p", ""))[-2:] == ["info: No image has a vector yet.", "[Analyze images -> images]"]
