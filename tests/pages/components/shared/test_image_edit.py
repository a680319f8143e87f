"""Editing an image: what is chosen becomes a new version."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core import Images
from pages.components.shared import image_edit
from tests.pages.reading import draw, read
from tests.pages.running import services
from tests.pictures import png


def test_an_edited_image_is_saved_as_a_version() -> None:
    project = services().projects.create_project("Shelf")
    (outcome,) = services().intake.add_images(project.id, [("red.png", png("red", (40, 30)))])
    assert outcome.image is not None

    def script(image_id: str) -> None:
        import streamlit as st

        from pages.components.shared import image_edit, page

        image = page.services().images.get_image(image_id)
        if image is not None:
            image_edit.show(image, lambda version_id: st.session_state.update(saved=version_id))

    at = AppTest.from_function(script, kwargs={"image_id": outcome.image.id}, default_timeout=120).run()
    assert at.button(key="edit-save").disabled

    at.toggle(key="edit-grayscale").set_value(True).run()
    at.button(key="edit-save").click().run()

    assert not at.exception
    (version,) = services().images.list_images(project.id)
    assert (version.id, version.variant_of) == (at.session_state["saved"], outcome.image.id)
    assert version.image_name == "red.png"


def edited(drawn: dict[str, Any], *, made: dict[str, Any] | None = None, **image: Any) -> list[Any]:
    """Return what is made of the boxes *drawn* on an image of 40 x 30 px, and the lines of the page."""
    of = Images(**{"id": "a", "project_id": "p", "image_name": "a.png", "width": 40, "height": 30, **image})
    made_of = list[Any]()
    at = draw(lambda: made_of.append(image_edit._recipe(of, dict(made or {}), drawn)))
    return [*made_of, read(at)]


def test_a_drawn_crop_is_stored_as_shares_of_the_image() -> None:
    recipe, lines = edited({"crop": [(10.0, 6.0, 30.0, 24.0)]}, made={"crop": {"to": "center", "share": 0.5}})
    assert recipe.crop.box == (0.25, 0.2, 0.75, 0.8)
    assert (recipe.redact, lines) == (None, [])
    for unknown in ({"width": None}, {"height": None}):
        assert edited({"crop": [(10.0, 6.0, 30.0, 24.0)]}, **unknown)[0].crop is None


def test_drawn_boxes_are_redacted_as_the_form_says_or_else_blurred() -> None:
    box = (1.0, 2.0, 3.0, 4.0)
    alone, _ = edited({"redact": [box]})
    beside, _ = edited({"redact": [box]}, made={"redact": {"sources": ["text"], "how": "black"}})
    assert [(one.redact.how, one.redact.drawn["a"]) for one in (alone, beside)] == [("blur", (box,)), ("black", (box,))]


def test_what_cannot_be_made_is_said_instead() -> None:
    recipe, (line,) = edited({"crop": [(30.0, 6.0, 10.0, 24.0)]})
    assert recipe is None
    assert line.startswith("error: This cannot be made: ")


@pytest.fixture
def image() -> Images:
    project = services().projects.create_project("Shelf")
    (outcome,) = services().intake.add_images(project.id, [("red.png", png("red", (40, 30)))])
    assert outcome.image is not None
    services().dataset.create_dataset_entry(project.id, outcome.image.id, "Is it red?", "yes")
    return outcome.image


def test_a_preview_is_made_when_it_is_wanted_and_says_what_comes_along(image: Images) -> None:
    at = draw(image_edit.show, image, lambda _id: None)
    assert "edit-preview" not in [toggle.key for toggle in at.toggle]
    at.selectbox(key="edit-crop").set_value("center").run()
    assert not any("come along" in line for line in read(at))
    at.toggle(key="edit-preview").set_value(True).run()
    lines = read(at)
    assert "32 x 24 px, 0 entries come along with their boxes." in lines
    assert any(line.startswith("1 entry left out: crop: ") for line in lines)


@pytest.mark.parametrize(("replaces", "left"), [(True, ["red.png"]), (False, ["red.png", "red.png"])])
def test_a_version_takes_the_place_of_the_original_unless_that_is_switched_off(
    replaces: bool, left: list[str], image: Images
) -> None:
    at = draw(image_edit.show, image, lambda _id: None)
    assert at.toggle(key="edit-replaces").value is True
    at.toggle(key="edit-replaces").set_value(replaces)
    at.toggle(key="edit-grayscale").set_value(True).run()
    at.button(key="edit-save").click().run()
    found = services().images.list_images(image.project_id)
    assert len(found) == len(left)
    assert (services().images.get_image(image.id) is None) is replaces


def test_cancelling_saves_nothing(image: Images) -> None:
    closed: list[str | None] = []
    at = draw(image_edit.show, image, closed.append)
    at.toggle(key="edit-grayscale").set_value(True).run()
    at.button(key="edit-cancel").click().run()
    assert closed == [None]
    assert [one.id for one in services().images.list_images(image.project_id)] == [image.id]
