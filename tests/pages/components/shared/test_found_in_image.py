"""What was found in an image, by analyzer, and the report of a task that has looked."""

from typing import Any

import pytest
import streamlit as st

from core import Tasks
from core.db import TaskItems
from core.vision import store
from core.vision.analyzers.base import Analysis
from pages.components.shared import analysis_report, found_in_image
from tests.pages.reading import draw, read
from tests.pages.running import services
from tests.pictures import striped

BOX = [1.4, 2.6, 20.5, 30.5]
RESULTS: dict[str, dict[str, Any]] = {
    "text": {"lines": [{"text": "STOP", "score": 0.9, "box_xyxy": BOX}]},
    "objects": {"items": [{"label": "dog", "score": 0.8, "box_xyxy": BOX}], "faint": {}},
    "tags": {"tags": [{"tag": "front", "score": 0.7}]},
    "caption": {"caption": "A shelf."},
}
PLACE = {"Left": 1, "Top": 3, "Width": 19, "Height": 27}


@pytest.fixture
def image_id() -> str:
    project = services().projects.create_project("Shelf")
    (added,) = services().intake.add_images(project.id, [("1.png", striped(1))])
    assert added.image is not None
    return added.image.id


def stored(image_id: str, results: dict[str, dict[str, Any]]) -> None:
    project_id = services().projects.list_projects()[0].id
    with services().db.transaction() as session:
        for name, result in results.items():
            store.write(session, project_id, name, "made 1 / 2", {image_id: Analysis(result)})


def test_an_image_that_nobody_looked_at_says_how_to() -> None:
    assert read(draw(found_in_image.show, "a", {})) == [
        "This image was not analyzed yet. Select it and choose Analyze images."
    ]


def test_each_analyzer_shows_what_it_found_and_where(image_id: str) -> None:
    stored(image_id, RESULTS)
    at = draw(found_in_image.show, image_id, RESULTS)

    assert [table.value.to_dict("records") for table in at.dataframe] == [
        [{"Line": "STOP", "Score": 0.9, **PLACE}], [{"Object": "dog", "Score": 0.8, **PLACE}],
        [{"Tag": "front", "Score": 0.7}],
    ]  # fmt: skip
    lines = read(at)
    assert [line for line in lines if not line.startswith("By ")] == [
        "**Text**", "**Objects**", "**Tags**", "**Caption**", "A shelf.",
    ]  # fmt: skip
    assert all(line.startswith("By made 1, ") for line in lines if line.startswith("By "))
    only = draw(found_in_image.show, image_id, {"caption": RESULTS["caption"]})
    assert read(only)[:2] == ["**Caption**", "A shelf."]
    assert not only.dataframe


def test_what_was_looked_for_and_not_found_is_said(image_id: str) -> None:
    nothing: dict[str, dict[str, Any]] = {"text": {"lines": []}, "objects": {"items": []}, "tags": {"tags": []}}
    stored(image_id, nothing)
    lines = read(draw(found_in_image.show, image_id, nothing))
    assert lines[1::3] == ["No text was found.", "No objects were found.", "No tags were proposed."]


@pytest.mark.parametrize(("rows", "height"), [(6, "content"), (7, 280)])
def test_a_long_table_scrolls(rows: int, height: object, monkeypatch: pytest.MonkeyPatch) -> None:
    heights: list[object] = []
    monkeypatch.setattr(st, "dataframe", lambda _rows, *, height, **_more: heights.append(height))
    found_in_image._table([{"Tag": str(number), "Score": 0.5} for number in range(rows)], "None.")
    assert heights == [height]


def test_the_report_of_a_task_counts_images_and_names_what_the_project_has_most(image_id: str) -> None:
    with services().db.transaction() as session:
        task = Tasks(project_id=services().projects.list_projects()[0].id, task_type="image-analysis")
        session.add(task)
    assert read(draw(analysis_report.show, task)) == [
        "Nothing was analyzed: every image has a current result.", "[The images -> images]",
    ]  # fmt: skip
    stored(image_id, {"text": RESULTS["text"], "objects": RESULTS["objects"]})
    with services().db.transaction() as session:
        for place, name in enumerate(("text", "objects")):
            made = {"analyzer": name, "analyzed": 1}
            session.add(TaskItems(task_id=task.id, position=place, state="done", result=made))
    assert read(draw(analysis_report.show, task)) == [
        "Text: 1 image analyzed.", "Objects: 1 image analyzed.", "In the project most often: dog 1",
        "[The images -> images]",
    ]  # fmt: skip
