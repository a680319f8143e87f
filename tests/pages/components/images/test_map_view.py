"""The view Map: what it says of a map, which buttons it offers when, and what they start."""

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import streamlit as st

from core.db import ImageVectors
from core.images import ImageQuery
from core.vision.embedding import measured
from core.vision.map.service import MapState
from core.vision.vectors import rows
from pages.components.images import map as image_map
from pages.components.images import map_view
from pages.components.images.map import MapAction
from pages.components.shared import image_drawer, task_progress
from tests.pages.components.recording import RecordedComponents
from tests.pages.reading import draw, read
from tests.pages.running import services
from tests.pictures import striped

MADE = MapState(datetime(2026, 5, 1, 9, 0, tzinfo=UTC), 20, 0, 0, True, None, False)
HINT = "Click a point to open its image. Select with the lasso, or with Space the image at the cross."
BAR = [HINT, "[Select all 2]", "[Analyze images]"]
ABOUT = "Map of 2026-05-01 09:00 UTC"


@pytest.fixture
def project_id(monkeypatch: pytest.MonkeyPatch) -> str:
    """Two images; nothing that is submitted runs, and a task that is shown is one line."""
    made = services().projects.create_project("Shelf")
    services().intake.add_images(made.id, [(f"{number}.png", striped(number)) for number in (1, 2)])
    monkeypatch.setattr(services().engine, "submit", lambda _id: None)
    monkeypatch.setattr(task_progress, "show", lambda id_: st.text(f"task {id_}"))
    return made.id


def shown(project_id: str, state: MapState, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setattr(services().map, "state", lambda _id: state)
    return read(draw(map_view.show, project_id, ImageQuery(), 2))


def tasks(project_id: str) -> list[tuple[str, dict[str, Any]]]:
    return [(task.task_type, task.config) for task in services().tasks.list_tasks(project_id)]


@pytest.mark.parametrize(
    ("state", "lines"),
    [
        (MADE, [f"{ABOUT}.", *BAR]),
        (replace(MADE, placed=2), [f"{ABOUT}. 2 images added or changed since, placed beside the most similar ones.",
                                   "[Lay out again]", *BAR]),
        (replace(MADE, without_vector=1), [f"{ABOUT}. 1 image not analyzed yet, so not on it.", "[Analyze 1 image]",
                                           *BAR]),
        (replace(MADE, placed=2, open_task_id="a"),
         ["task a", f"{ABOUT}. 2 images added or changed since, placed beside the most similar ones.", *BAR]),
        (replace(MADE, made_at=None, was_stopped=True), ["The map is not laid out yet.", "[Lay out the map]"]),
    ],
    ids=["complete", "some were added", "some are not analyzed", "it is laid out again", "it was cancelled"],
)  # fmt: skip
def test_a_map_says_what_is_not_on_it_and_offers_what_helps(
    state: MapState, lines: list[str], project_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert shown(project_id, state, monkeypatch) == lines
    assert tasks(project_id) == []


def test_a_map_that_was_never_laid_out_or_is_too_old_is_laid_out_at_once(
    project_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(st, "rerun", lambda: None)
    (first, _) = services().images.list_images(project_id)
    vector = ImageVectors(
        project_id=project_id, image_id=first.id, kind=measured.VERSION, vector=rows.packed(np.eye(3)[0])
    )
    with services().db.transaction() as session:
        session.add(vector)
    for state in (replace(MADE, made_at=None), replace(MADE, placed=3)):
        shown(project_id, state, monkeypatch)
    assert tasks(project_id) == [("image-map", {})] * 2


def test_images_without_vectors_are_analyzed_first(project_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = replace(MADE, made_at=None, has_vectors=False, without_vector=2)
    sentence = "The map puts similar images near each other. They are measured first, on this machine."
    empty = [":material/scatter_plot:", sentence]
    assert shown(project_id, nothing, monkeypatch) == [*empty, "[Analyze 2 images]"]
    at = draw(map_view.show, project_id, ImageQuery(), 2)
    assert at.button(key="map-analyze").proto.type == "primary"

    at.button(key="map-analyze").click().run()

    ((kind, config),) = tasks(project_id)
    assert (kind, config) == ("image-analysis", {"analyzers": ["embedding"]})
    (task,) = services().tasks.list_tasks(project_id)
    assert read(at) == [*empty, f"task {task.id}"]
    about = f"{ABOUT}. 1 image not analyzed yet, so not on it."
    assert shown(project_id, replace(MADE, without_vector=1), monkeypatch) == [about, f"task {task.id}", *BAR]


def test_the_image_of_a_point_is_opened_and_what_the_lasso_took_is_selected(
    project_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (image.id for image in services().images.list_images(project_id))
    monkeypatch.setattr(image_map, "show", lambda *_state, **_more: MapAction([second], first))
    monkeypatch.setattr(image_drawer, "show", lambda *opened: st.text(f"opened {opened}"))
    lines = shown(project_id, replace(MADE, without_vector=1), monkeypatch)
    assert "1 selected" in lines
    assert f"opened ('{first}', ['{first}'])" in lines
    assert draw(map_view.show, project_id, ImageQuery(), 2).button(key="map-analyze").proto.type == "secondary"


@pytest.mark.parametrize(
    ("reported", "selected"),
    [(None, ["kept"]), ({"epoch": 3, "ids": ["new"]}, ["new"]), ({"epoch": 2, "ids": ["old"]}, ["kept"])],
    ids=["nothing yet", "of now", "of before it was replaced here"],
)
def test_a_selection_that_was_replaced_meanwhile_is_not_taken_from_the_browser(
    reported: dict[str, Any] | None, selected: list[str], components: RecordedComponents
) -> None:
    components.reports = {"selected": reported, "opened": "a"}
    action = image_map.show("p", MADE, key="map", selected=["kept"], epoch=3)
    assert action == MapAction(selected, "a")
    data = SimpleNamespace(**components.data["vitrine_map"])
    assert (data.epoch, data.selected, data.version) == (3, ["kept"], "2026-05-01 09:00:00+00:00 20 0")
    image_map.show("p", MADE, key="map")
    assert (components.data["vitrine_map"]["epoch"], components.data["vitrine_map"]["selected"]) == (0, [])
