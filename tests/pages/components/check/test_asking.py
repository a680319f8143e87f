"""Asking a model from a card of the Check page: what is chosen, what it costs, and the task that it starts."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
import streamlit as st

from core.checks.asking.estimate import AskingEstimate
from core.llm import session_keys
from core.tasks import TaskStatus
from pages.components.check import asking, running
from pages.components.shared import task_progress
from pages.components.shared.model_picker import ModelChoice
from tests.pages.reading import draw, read
from tests.pages.running import services
from tests.pictures import striped

FREE = AskingEstimate(2, 2, 0, 0, 2, 900, 1_000, 0.0, 0.0)


@pytest.fixture
def project_id(monkeypatch: pytest.MonkeyPatch) -> str:
    project = services().projects.create_project("Shelf")
    (added,) = services().intake.add_images(project.id, [("1.png", striped(1))])
    assert added.image is not None
    services().dataset.create_dataset_entry(project.id, added.image.id, "Is it red?", "yes", kind="yes/no")
    monkeypatch.setattr(services().engine, "submit", lambda _id: None)
    monkeypatch.setattr(task_progress, "show", lambda id_: st.text(f"task {id_}"))
    return project.id


@pytest.mark.parametrize(
    ("is_first", "several", "label"),
    [(True, False, "[Ask a model]"), (False, False, "[Ask a model again]"), (True, True, "[Ask models]"),
     (False, True, "[Ask models again]")],
)  # fmt: skip
def test_the_button_says_whether_models_were_asked_before(is_first: bool, several: bool, label: str) -> None:
    at = draw(asking.button, "p", "consensus", "", is_first=is_first, several=several)
    assert read(at) == [label]


def test_further_models_are_offered_where_several_are_asked(project_id: str) -> None:
    for several in (False, True):
        at = draw(asking._dialog, project_id, "consensus", "", several, {})
        assert bool(at.multiselect) is several
        assert at.segmented_control[0].options == ["50", "200", "1,000", "All"]
        assert at.segmented_control[0].value == 200


def test_the_chosen_sample_and_cap_are_those_of_the_task(project_id: str) -> None:
    at = draw(asking._dialog, project_id, "consensus", "kind:yes/no", False, {"seed": 3})
    at.segmented_control[0].set_value("all")
    at.number_input(key="ask-consensus-cap").set_value(2.5).run()
    at.button(key="ask-consensus-start").click().run()
    (task,) = services().tasks.list_tasks(project_id)
    assert (task.config["check"], task.config["query"], task.config["options"], task.cost_cap) == (
        "consensus", "kind:yes/no", {"seed": 3, "sample": "all"}, 2.5,
    )  # fmt: skip
    assert at.session_state[f"check-task-consensus-{project_id}"] == task.id


def test_keys_are_kept_for_the_session_by_the_place_of_their_model(
    project_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[tuple[str, int]] = []
    monkeypatch.setattr(session_keys, "register", lambda _task_id, key, place: kept.append((key, place)))
    monkeypatch.setattr(running, "follow", lambda *_task: None)
    choices = [ModelChoice({"model": "offline/measure"}, None), ModelChoice({"model": "offline/measure"}, "secret")]
    asking._start(project_id, "consensus", "", choices, {}, None)
    assert kept == [("secret", 1)]


@pytest.mark.parametrize(
    ("changed", "lines"),
    [
        ({}, ["2 calls, no cost."]),
        ({"left_out": 1}, ["2 calls, no cost.", "1 entry with long answers or boxes cannot be compared."]),
        ({"compared": 2}, ["2 calls, no cost.", "With 2 reviewed entries, to compare the model with people."]),
        ({"cost_low": None}, ["2 calls with 900 to 1,000 tokens, price unknown."]),
        ({"cost_high": None}, ["2 calls with 900 to 1,000 tokens, price unknown."]),
    ],
)
def test_the_cost_is_said_with_what_cannot_be_compared(changed: dict[str, Any], lines: list[str]) -> None:
    assert read(draw(asking._show, SimpleNamespace(**vars(FREE) | changed))) == lines


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, "m was asked about all 80 entries. "),
        ({"models": ["m", "n", "m"]}, "m, n were asked about all 80 entries. "),
        ({"drawn": 79}, "m was asked about 79 of 80 entries, drawn at random (seed 3). "),
        ({"drawn": 81, "compared": 2},
         "m was asked about 79 of 80 entries, drawn at random (seed 3); 2 reviewed entries beside them, to compare "
         "with people. "),
        ({"cost": 0.25}, "m was asked about all 80 entries; $0.25. "),
    ],
)  # fmt: skip
def test_a_run_says_whom_it_asked_about_what(changed: dict[str, Any], said: str) -> None:
    asked = {
        "models": ["m"], "seed": 3, "drawn": 80, "of": 80, "left_out": 0, "no_answer": 0, "not_asked": 0, "cost": 0.0,
        **changed,
    }  # fmt: skip
    report = SimpleNamespace(result={"asked": asked}, query="", ended_at=datetime(2026, 5, 1, 9, 0, tzinfo=UTC))
    of = "Of 2026-05-01 09:00 UTC, all entries that are not rejected."
    assert asking.of_what(report) == f"{said}{of}"  # type: ignore[arg-type]


def test_a_check_is_followed_on_its_card_until_it_has_completed(project_id: str) -> None:
    task = services().tasks.create_task(project_id, "dataset-check", {"check": "guessable", "query": "", "options": {}})
    runs: list[bool] = []

    def card() -> None:
        st.session_state.setdefault(f"check-task-guessable-{project_id}", task.id)
        runs.append(running.show(project_id, "guessable"))

    def ended(status: TaskStatus) -> list[str]:
        with services().db.transaction() as session:
            session.merge(task).status = status
        return read(draw(card))

    assert read(draw(card)) == [f"task {task.id}"]
    assert ended(TaskStatus.CANCELLED) == [f"task {task.id}"]
    assert ended(TaskStatus.COMPLETED) == []
    assert runs == [True, False, False]
    assert read(draw(running.show, project_id, "guessable")) == []
