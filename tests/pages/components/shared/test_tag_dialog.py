"""Tagging several images at once: what is asked, what is done, and the notice that takes it back."""

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from pages.components.shared import page, tag_dialog
from tests.pages.controls import controls
from tests.pages.reading import draw, read
from tests.pages.running import services
from tests.pictures import striped


@pytest.fixture
def ids(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Two images, the first one with the tag old, in the open project."""
    project = services().projects.create_project("Shelf")
    outcomes = services().intake.add_images(project.id, [(f"{number}.png", striped(number)) for number in (1, 2)])
    made = [outcome.image.id for outcome in outcomes if outcome.image is not None]
    services().library.tag_images(made[:1], ["old"])
    monkeypatch.setattr(page, "project_id", lambda: project.id)
    return made


def dialog(ids: list[str], *, searches: bool = False) -> AppTest:
    def both() -> None:
        tag_dialog.undo_notice()
        if st.session_state.get("asks", True):  # AppTest can draw a toast, or else a dialog
            tag_dialog.ask(services().projects.list_projects()[0].id, ids, searches=searches)

    return draw(both)


def tags(ids: list[str]) -> list[str]:
    return [image.tags for image in services().library.get_images(ids)]


def test_tags_are_added_and_removed_and_all_of_it_is_undone_at_once(ids: list[str]) -> None:
    at = dialog(ids)
    assert read(at) == ["[Tag 2 images] off"]
    assert controls(at)["tag-removed"] == "multiselect Remove | value [] | any text | hint 'Nothing'"
    at.text_input(key="tag-words").set_value(" , ").run()
    assert at.button(key="tag-confirm").disabled
    at.text_input(key="tag-words").set_value("front, daylight").run()
    assert not at.button(key="tag-confirm").disabled
    at.multiselect(key="tag-removed").set_value(["old"]).run()
    at.button(key="tag-confirm").click().run()
    assert tags(ids) == ["front,daylight", "front,daylight"]
    assert read(at)[:2] == ["2 images have other tags now.", "[Undo]"]

    services().library.tag_images(ids[1:], ["meanwhile"])
    at.session_state["asks"] = False
    at.button(key="tagged-undo").click().run()

    assert tags(ids) == ["old", "front,daylight,meanwhile"]
    assert [toast.value for toast in at.toast] == ["1 image keeps its tags: they were changed since."]
    assert "[Undo]" not in read(at)


def test_what_was_tagged_to_be_searched_is_searched_by_its_new_tags(ids: list[str]) -> None:
    at = dialog(ids, searches=True)
    at.text_input(key="tag-words").set_value("Front , of day").run()
    at.button(key="tag-confirm").click().run()
    assert at.session_state["opened"] == "images?q=tag%3AFront+tag%3A%22of+day%22"
    line = 'tag:Front tag:"of day"'
    assert set(services().image_queries.find_ids(services().projects.list_projects()[0].id, line)) == {*ids}

    at = dialog(ids, searches=True)
    at.multiselect(key="tag-removed").set_value(["old"]).run()
    at.button(key="tag-confirm").click().run()
    assert "opened" not in at.session_state


def test_a_tag_to_remove_is_enough_and_nothing_new_to_do_is_said(ids: list[str]) -> None:
    at = dialog(ids)
    at.multiselect(key="tag-removed").set_value(["old"]).run()
    at.button(key="tag-confirm").click().run()
    assert tags(ids) == ["", ""]
    assert read(at)[0] == "1 image has other tags now."
    at.session_state["tagged-images"] = [services().projects.list_projects()[0].id, "batch", "0"]
    at.session_state["asks"] = False
    at.run()
    assert [toast.value for toast in at.toast] == ["The images have these tags already."]
    assert "tagged-images" not in at.session_state


def test_what_was_tagged_in_another_project_is_not_offered_here(
    ids: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    at = dialog(ids)
    at.text_input(key="tag-words").set_value("front").run()
    at.button(key="tag-confirm").click().run()
    monkeypatch.setattr(page, "project_id", lambda: "another")
    assert "[Undo]" not in read(at.run())
