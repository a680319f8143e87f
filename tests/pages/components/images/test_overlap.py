"""The comparison with a test set: progress, the sentence about what was found, its actions and the way back."""

import csv
import io
from pathlib import Path
from typing import Any

import pytest

from core import Tasks
from core.db import TaskItems
from core.overlap.project_side import Overlap
from core.overlap.task import TASK_TYPE
from core.tasks import TaskStatus
from pages.components.images import overlap
from tests.pages.reading import draw, read
from tests.pages.running import services
from tests.pictures import striped

FOUND = ("hash", "", "1.png", "there.jpg", 0.98)
TEXT = ("text", "", "What is it?", "q.csv:2", 1.0)


@pytest.fixture
def image_id(monkeypatch: pytest.MonkeyPatch) -> str:
    """An image with a confirmed entry, in a project in which nothing runs."""
    monkeypatch.setattr(services().engine, "submit", lambda _id: None)
    project = services().projects.create_project("Shelf")
    (added,) = services().intake.add_images(project.id, [("1.png", striped(1))])
    assert added.image is not None
    services().dataset.create_dataset_entry(project.id, added.image.id, "What is it?", "A shelf.", confirmed=True)
    return added.image.id


def project_id() -> str:
    return services().projects.list_projects()[0].id


def compared(overlaps: list[tuple[Any, ...]], rows: int = 0, **columns: Any) -> str:
    """Store a comparison that has found *overlaps* and could not read *rows* files."""
    problems = [{"name": f"{number}.jpg", "outcome": "rejected", "reason": "broken"} for number in range(rows)]
    with services().db.transaction() as session:
        task = Tasks(**{
            "project_id": project_id(), "task_type": TASK_TYPE, "status": TaskStatus.COMPLETED, "total_count": 1,
            "processed_count": 1, "result": {"images": 3, "questions": 1}, **columns,
        })  # fmt: skip
        session.add(task)
        session.flush()
        session.add(
            TaskItems(task_id=task.id, position=0, state="done", result={"overlaps": overlaps, "rows": problems})
        )
        return task.id


def shown() -> list[str]:
    return read(draw(overlap.show, project_id()))[3:]


def test_before_the_first_comparison_there_is_only_the_form(image_id: str) -> None:
    at = draw(overlap.show, project_id())
    assert [line[:60] for line in read(at)] == [
        "Is any of this in your test set? Images are compared by cont",
        "[Compare]",
        f"[Download the hash file of this project](/api/projects/{project_id()}/hashes)"[:60],
    ]


def test_a_folder_on_the_server_is_compared_and_one_that_is_not_there_is_refused(image_id: str, tmp_path: Path) -> None:
    at = draw(overlap.show, project_id())
    at.text_input(key="overlap-path").set_value(str(tmp_path / "nowhere")).run()
    at.button(key="overlap-start").click().run()
    assert len(at.error) == 1
    at.text_input(key="overlap-path").set_value(f" {tmp_path} ").run()
    at.button(key="overlap-start").click().run()
    (task,) = services().tasks.list_tasks(project_id())
    assert (task.task_type, task.config) == (TASK_TYPE, {"path": str(tmp_path)})


@pytest.mark.parametrize(
    ("states", "said", "percent"),
    [
        ((), "Comparing: 0 of 0 parts", 0),
        (("done",), "Comparing: 1 of 1 parts", 100),
        (("done", "failed", "waiting", "waiting"), "Comparing: 2 of 4 parts", 50),
    ],
    ids=["not planned yet", "nearly ended", "under way"],
)  # fmt: skip
def test_a_comparison_that_runs_says_how_far_it_is_and_can_be_cancelled(
    states: tuple[str, ...], said: str, percent: int, image_id: str
) -> None:
    with services().db.transaction() as session:
        task = Tasks(
            project_id=project_id(), task_type=TASK_TYPE, status=TaskStatus.RUNNING, total_count=len(states)
        )  # fmt: skip
        session.add(task)
        session.flush()
        for place, state in enumerate(states):
            session.add(TaskItems(task_id=task.id, position=place, state=state))
        id_ = task.id
    at = draw(overlap.show, project_id())
    assert [(one.proto.text, one.proto.value) for one in at.get("progress")] == [(said, percent)]
    at.button(key="overlap-cancel").click().run()
    assert services().tasks.get_task(id_).status == TaskStatus.CANCELLED


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        ([], "Nothing of this project is in the test set (3 images and 1 question compared)."),
        ([TEXT], "0 images and 1 question are in the test set, which has 3 images and 1 question."),
        ([("hash", "a", *FOUND[2:]), ("bytes", "a", "1.png", "same.jpg", 1.0), ("hash", "b", *FOUND[2:]), TEXT],
         "2 images and 1 question are in the test set, which has 3 images and 1 question."),
    ],
    ids=["nothing", "a question", "images, each once"],
)  # fmt: skip
def test_what_is_in_both_is_counted(found: list[tuple[Any, ...]], sentence: str, image_id: str) -> None:
    compared(found)
    lines = shown()
    assert lines[0] == sentence
    buttons = ["[Leave out of exports]", "[Tag the images]", "[CSV]"]
    wanted = [] if not found else buttons if len(found) > 1 else ["[Leave out of exports]", "[CSV]"]
    assert lines[1:] == wanted


def test_a_comparison_that_was_cancelled_has_compared_nothing(image_id: str) -> None:
    compared([], status=TaskStatus.CANCELLED, result={})
    assert shown()[0] == "Nothing of this project is in the test set (0 images and 0 questions compared)."


def test_files_that_were_not_compared_are_told_and_a_long_list_is_cut(image_id: str) -> None:
    compared([("hash", f"image {number}", *FOUND[2:]) for number in range(501)], rows=501)
    at = draw(overlap.show, project_id())
    assert "expander: 500 remarks about files that were not compared" in read(at)
    remarks, table = at.dataframe[0].value, at.dataframe[1].value
    assert (len(remarks), len(table)) == (500, 500)
    assert table.iloc[0].to_dict() == {
        "Found by": "looks the same", "In this project": "1.png", "In the test set": "there.jpg", "Score": 0.98,
    }  # fmt: skip


def test_images_of_the_test_set_are_left_out_of_exports_until_that_is_undone_and_can_be_tagged(image_id: str) -> None:
    compared([("hash", image_id, *FOUND[2:])])
    at = draw(overlap.show, project_id())
    at.button(key="overlap-leave-out").click().run()
    (entry,) = services().library.entries_of(image_id)
    assert entry.tags == "leave-out"
    assert "1 entry left out of exports." in read(at)
    at.button(key="overlap-undo").click().run()
    assert services().library.entries_of(image_id)[0].tags == ""
    assert "1 entry left out of exports." not in read(at)
    at.button(key="overlap-tag").click().run()
    image = services().images.get_image(image_id)
    assert image is not None
    assert image.tags == "in-test-set"


def test_entries_that_ask_a_question_of_the_test_set_are_left_out_only_when_that_is_wanted(image_id: str) -> None:
    compared([TEXT])
    at = draw(overlap.show, project_id())
    at.button(key="overlap-leave-out").click().run()
    assert "0 entries left out of exports." in read(at)
    at.toggle(key="overlap-with-questions").set_value(True).run()
    at.button(key="overlap-leave-out").click().run()
    assert services().library.entries_of(image_id)[0].tags == "leave-out"


def test_the_table_for_spreadsheets_has_no_formulas() -> None:
    found = [Overlap("text", "", "=cmd()", "q.csv:2", 1.0)]
    rows = list(csv.reader(io.StringIO(overlap._csv(found).decode())))
    assert rows == [["way", "image_id", "name", "found_in", "score"], ["text", "", "'=cmd()", "q.csv:2", "1.0"]]
