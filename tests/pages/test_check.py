import asyncio
import re

import pytest
from sqlmodel import select
from streamlit.testing.v1 import AppTest

from core import Projects
from core.checks import store as check_runs
from core.checks.asking import judge
from core.checks.asking.base import AskedRun
from core.checks.base import CheckedEntry, Finding
from core.dataset import parse_search
from core.db import CheckRuns
from core.llm import ModelConfig
from core.vision import store
from core.vision.analyzers.base import Analysis
from pages.components.check import card
from tests.core.checks.arena.planted import plant_arena
from tests.pages.controls import controls
from tests.pages.running import open_page, services, texts
from tests.pictures import png


def filled(count: int) -> Projects:
    project = services().projects.create_project("Shelf")
    files = [(f"{number}.png", png((number, 7, 9))) for number in range(count)]
    for number, outcome in enumerate(services().intake.add_images(project.id, files)):
        assert outcome.image is not None
        answer = "yes" if number % 6 else "no"
        services().dataset.create_dataset_entry(project.id, outcome.image.id, "Is it red?", answer, kind="yes/no")
    return project


def run(project: Projects, check: str, **options: object) -> None:
    asyncio.run(services().checks.run(project.id, check, **options))


def test_a_project_without_entries_says_so() -> None:
    project = services().projects.create_project("Shelf")
    at = open_page("check", project.id)
    assert "There is nothing to check yet: this project has no entries." in texts(at)


def test_what_was_not_checked_has_no_number_and_says_what_it_would_tell() -> None:
    at = open_page("check", filled(3).id)
    assert not at.metric
    assert any(text.startswith("How many answers can be guessed from the words of the question?") for text in texts(at))


def test_the_share_that_can_be_guessed_stands_with_its_reason_and_its_time() -> None:
    project = filled(24)
    run(project, "guessable")
    at = open_page("check", project.id)
    (metric,) = at.metric
    assert (metric.label, metric.value) == ("Answers guessed from the question alone", "83 of 100")
    assert "83% of *is it red* are **yes** (24 entries)" in texts(at)
    assert any("UTC, all entries that are not rejected" in text for text in texts(at))


def test_how_much_may_be_guessed_is_asked_in_a_menu() -> None:
    project = filled(3)
    at = open_page("check", project.id)
    assert "prune-target" not in controls(at)
    at.session_state["prune-menu"] = True
    at.run()
    stated = {
        "prune-target": "slider Guessed at most, of 100 | value 50 | min 10 max 90 step 5",
        "prune-keep": "toggle Keep confirmed entries | value False",
        "run-balance": "button Find entries to leave out",
    }
    assert {key: controls(at).get(key) for key in stated} == stated

    at.slider(key="prune-target").set_value(40).run()
    at.button(key="run-balance").click().run()

    (task,) = services().tasks.list_tasks(project.id)
    assert task.config["options"] == {"target": 0.4, "keep_confirmed": False}


def test_what_is_proposed_is_tagged_by_a_button_and_untagged_by_undo() -> None:
    project = filled(36)
    run(project, "balance", target=0.7)
    waiting = services().entries.count_entries(project.id, parse_search("prune:yes"))
    at = open_page("check", project.id)
    assert next(metric.value for metric in at.metric) == "83 of 100"
    button = at.button(key="prune-apply")
    assert button.label == f"Tag {waiting} entries as pruned"
    at = button.click().run()
    assert services().entries.count_entries(project.id, parse_search("tag:pruned")) == waiting > 0
    at.button(key="pruned-undo").click().run()
    assert services().entries.count_entries(project.id, parse_search("tag:pruned")) == 0


def test_the_entries_worth_reviewing_are_counted_shown_and_led_to() -> None:
    project = filled(24)
    run(project, "worth", count=5)
    at = open_page("check", project.id)
    assert ("Entries to review next", "5") in [(metric.label, metric.value) for metric in at.metric]
    assert any(text.startswith("Of ") for text in texts(at))


def test_the_card_of_twins_says_how_many_can_be_guessed_before_and_now() -> None:
    project = filled(24)
    run(project, "guessable")
    entries = services().dataset.list_dataset_entries(project.id)
    images = [entry.image_id for entry in entries]
    other = services().dataset.create_dataset_entry(project.id, images[0], "Is it blue?", "no")
    services().twins.add(other.id, images[1], "yes")
    run(project, "twins")
    at = open_page("check", project.id)
    shown = {metric.label: metric.value for metric in at.metric}
    assert (shown["Before"], shown["Now"]) == ("80 of 100", "77 of 100")
    assert any(text.startswith("With a twin 4%") for text in texts(at))
    dialog = at.button(key="twins-open").click().run()
    assert any("has no vector yet" in notice.value for notice in dialog.info)


def test_what_tools_contradict_is_counted_explained_and_led_to() -> None:
    project = filled(2)
    images = services().images.list_images(project.id)
    dog = {"label": "dog", "score": 0.9, "box_xyxy": [1.0, 1.0, 20.0, 20.0]}
    with services().db.transaction() as session:
        analysis = Analysis({"items": [dog], "faint": {}})
        store.write(session, project.id, "objects", "centernet 1", {images[0].id: analysis})
    for answer in ("Yes", "No"):
        services().dataset.create_dataset_entry(project.id, images[0].id, "Is there a dog?", answer, "openai/gpt-4o")
    run(project, "tools")
    at = open_page("check", project.id)
    (metric,) = at.metric
    assert (metric.label, metric.value) == ("Answers that a tool contradicts", "1")
    assert metric.delta == "of 2 answers that tools can test"
    assert any("No tool can test this question" in text for text in texts(at))


def test_answers_that_the_tools_gave_themselves_are_told_apart_from_those_they_cannot_test() -> None:
    project = filled(2)
    image = services().images.list_images(project.id)[0]
    dog = {"label": "dog", "score": 0.9, "box_xyxy": [1.0, 1.0, 20.0, 20.0]}
    with services().db.transaction() as session:
        store.write(session, project.id, "objects", "centernet 1", {image.id: Analysis({"items": [dog], "faint": {}})})
    services().dataset.create_dataset_entry(project.id, image.id, "Is there a dog?", "Yes", "offline/see")
    run(project, "tools")
    assert any(
        text.startswith("1 answer of offline/see agrees with the tools that it uses itself")
        for text in texts(open_page("check", project.id))
    )


@pytest.mark.parametrize("parts", [[("Run", 0), ("Not run", 11)], [("Run", 4), ("Not run", 7)]])
def test_a_part_of_a_bar_keeps_its_shade_when_it_is_alone(
    monkeypatch: pytest.MonkeyPatch, parts: list[tuple[str, float]]
) -> None:
    drawn: list[str] = []
    monkeypatch.setattr(card.st, "html", drawn.append)
    card.bar(parts)
    assert re.findall(r"opacity:([\d.]+)", drawn[0])[-1] == "0.45"


def test_where_no_tool_could_test_an_answer_the_card_says_why() -> None:
    project = filled(2)
    run(project, "tools")
    at = open_page("check", project.id)
    assert not list(at.metric)
    assert "No answer could be tested." in texts(at)
    assert any("No tool can test this question" in text for text in texts(at))


def judged(project: Projects, worst: int) -> None:
    """Store a run of the judge that gives reviewed entries 5, and *worst* to those that are rejected."""
    found = services().dataset.list_dataset_entries(project.id, limit=100)
    run = AskedRun(judge.CHECK.options(), (ModelConfig("openai/gpt-4o"),))
    answered = []
    for number, entry in enumerate(found):
        good = number % 3 > 0
        checked = CheckedEntry(
            entry.id, entry.image_id, number, entry.question, entry.answer, "text", "", "en", "", good,
            is_rejected=not good, verdict=good,
        )  # fmt: skip
        scores = [5 if good else worst] * 3 + [4 if number % 7 == 1 and worst < 4 else 5 if good else worst]
        answered.append((checked, Finding(entry.id, "scored", float(scores[0]), {"scores": scores, "reasons": []})))
    asked = {
        "models": ["openai/gpt-4o"], "seed": 0, "drawn": 36, "of": 30, "compared": 6, "left_out": 0, "answered": 36,
        "no_answer": 0, "not_asked": 0, "calls": 36, "cost": 0.0,
    }  # fmt: skip
    with services().db.transaction() as session:
        stored = check_runs.begin_run(session, project.id, "judge", "", {})
        check_runs.end_run(session, stored.id, judge.CHECK.result(answered, run) | {"asked": asked})


def test_the_judge_says_whether_it_may_be_trusted_and_why() -> None:
    project = filled(36)
    at = open_page("check", project.id)
    assert next(area for area in at.text_area if area.key == "judge-rubric").value.count("\n") == 3
    judged(project, worst=5)
    at = open_page("check", project.id)
    assert any(
        text.startswith(
            "May it be trusted? **No**: agrees with you in 50 of 100, a coin does in 50; it gives 100 of 100"
        )
        for text in texts(at)
    )
    judged(project, worst=1)
    at = open_page("check", project.id)
    assert "May it be trusted? **Yes**: agrees with you in 100 of 100, a coin does in 50." in texts(at)
    lines = next(frame.value for frame in at.dataframe if "Line" in frame.value)
    assert lines["Mean"].tolist() == [5.0, 5.0, 5.0, 4.8]  # 20 of 24 got 5 for the last line, and 4 got 4
    asked = "was asked about all 30 entries; 6 reviewed entries beside them, to compare with people"
    assert any(asked in text for text in texts(at))


def test_known_answers_are_switched_on_and_costs_are_told_once_an_entry_is_accepted() -> None:
    project = filled(6)
    at = open_page("check", project.id)
    at.number_input(key="known-percent").set_value(3.0)
    at = at.button(key="known-save").click().run()
    assert services().checks.people.known_answers(project.id).percent == 3
    assert any(text.startswith("No answer is known yet") for text in texts(at))
    services().review.bulk(project.id, parse_search("answer:yes"), "confirm")
    at = open_page("check", project.id)
    assert ("Model calls for each", "$0.0000") in [(metric.label, metric.value) for metric in at.metric]


def test_models_stand_side_by_side_and_two_are_compared_with_links_to_the_entries() -> None:
    project = filled(24)
    ids = [entry.id for entry in services().entries.find_entries(project.id, parse_search("")).items]
    plant_arena(services().db, project.id, "openai/mine", dict.fromkeys(ids, 1.0))
    plant_arena(services().db, project.id, "offline/see", dict.fromkeys(ids[:9], 1.0) | dict.fromkeys(ids[9:], 0.0))
    at = open_page("check", project.id)
    assert ("Score of openai/mine", "100 of 100") in [(metric.label, metric.value) for metric in at.metric]
    shown = texts(at)
    assert any(text.startswith("**openai/mine** is better than **offline/see** by 62 points") for text in shown)
    assert "24 entries not confirmed by a person." in shown
    assert any(text.startswith("Of 20") and "all entries" in text and len(text) < 40 for text in shown)
    assert [(box.key, box.value) for box in at.selectbox if box.key in ("arena-a", "arena-b")] == [
        ("arena-a", "openai/mine"), ("arena-b", "offline/see"),
    ]  # fmt: skip


def test_numbers_that_cannot_be_read_count_as_not_run_and_an_error_costs_its_card_alone() -> None:
    project = filled(24)
    for check in ("guessable", "balance", "verifiable"):
        run(project, check)
    judged(project, worst=5)
    with services().db.transaction() as session:
        for stored in session.exec(select(CheckRuns)):
            if stored.check_name == "guessable":
                stored.result = {**stored.result, "share": "most"}
            elif stored.check_name == "balance":  # the judge was trusted when it was run
                stored.query = "judge:<3"
    at = open_page("check", project.id)
    assert at.button(key="run-guessable").label == "Check"
    assert any("the judge is not trusted" in error.value for error in at.error)
    assert at.button(key="run-verifiable").label == "Check again"


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [(None, None, "12 calls with 900 to 1,000 tokens, price unknown."), (0.0, 0.0, "12 calls, no cost."),
     (0.5, 1.25, "12 calls, about $0.50 to $1.25."), (0.0012, 0.1, "12 calls, about $0.0012 to $0.10.")],
)  # fmt: skip
def test_what_asking_will_cost_is_said_before_it_begins(low: float | None, high: float | None, said: str) -> None:
    def script(low: float | None, high: float | None) -> None:
        from core.checks.asking.estimate import AskingEstimate
        from pages.components.check import asking

        asking._show(AskingEstimate(12, 12, 0, 0, 12, 900, 1000, low, high))

    assert texts(AppTest.from_function(script, kwargs={"low": low, "high": high}, default_timeout=120).run()) == [said]
