"""Saved views: opening, saving over, renaming, deleting and bringing one back."""

import pytest
import streamlit as st

from core.accounts.permissions import Act
from pages.components.shared import page, saved_views
from tests.pages.reading import draw, read
from tests.pages.running import services


@pytest.fixture
def project_id() -> str:
    project = services().projects.create_project("Shelf")
    services().collaboration.save_view(project.id, "Colors", "kind:color")
    services().collaboration.save_view(project.id, "All", "")
    return project.id


def menu(project_id: str, line: str) -> list[str]:
    return read(opened(project_id, line))


def opened(project_id: str, line: str):  # type: ignore[no-untyped-def]
    def script() -> None:
        st.session_state.setdefault("search-line", line)
        st.session_state["views"] = True
        saved_views.show(project_id, "Ada")

    return draw(script)


def test_only_the_view_of_this_search_can_be_renamed_or_deleted(project_id: str) -> None:
    assert menu(project_id, "kind:count") == ["[Save view]"]
    assert menu(project_id, "kind:color") == ["[Save view]", "[Rename Colors]", "[Delete Colors]"]
    empty = services().projects.create_project("Empty")
    at = opened(empty.id, "kind:color")
    assert (read(at), len(at.selectbox)) == (["[Save view]"], 0)


def test_an_opened_view_is_the_search(project_id: str) -> None:
    at = opened(project_id, "kind:count")
    at.selectbox(key="view-open").set_value("Colors").run()
    assert (at.session_state["search-line"], at.selectbox(key="view-open").value) == ("kind:color", None)


@pytest.mark.parametrize(
    ("name", "said"),
    [("New", "Saved as New."), ("Colors", "Saved as Colors. It searched kind:color before."),
     ("All", "Saved as All. It searched everything before.")],
)  # fmt: skip
def test_saving_over_a_view_says_what_it_searched_before(name: str, said: str, project_id: str) -> None:
    at = opened(project_id, "kind:count")
    at.text_input(key="view-name").set_value(name).run()
    at.button(key="view-save").click().run()
    assert said in read(at)
    assert at.text_input(key="view-name").value == ""
    assert said not in read(at.run())


def test_a_view_that_searched_the_same_is_saved_without_a_word_on_it(project_id: str) -> None:
    at = opened(project_id, "kind:color")
    at.text_input(key="view-name").set_value("Colors").run()
    at.button(key="view-save").click().run()
    assert "Saved as Colors." in read(at)


def test_a_view_is_renamed_and_one_without_a_name_is_refused(project_id: str) -> None:
    at = opened(project_id, "kind:color")
    at.button(key="view-rename").click().run()
    assert not any(line.startswith("Renamed") for line in read(at))
    at.text_input(key="view-name").set_value("Paint").run()
    at.button(key="view-rename").click().run()
    assert "Renamed Colors to Paint." in read(at)
    assert "[Delete Paint]" in read(at)


def test_a_deleted_view_is_brought_back_in_its_project(project_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    other = services().projects.create_project("Other")
    at = opened(project_id, "kind:color")
    assert "[Bring back Colors]" not in read(at)
    at.button(key="view-delete").click().run()
    assert {"Deleted the view Colors.", "[Bring back Colors]"} <= set(read(at))
    deleted = at.session_state["view-deleted"]
    at.button(key="view-undo").click().run()
    assert {"Colors is back.", "[Delete Colors]"} <= set(read(at))
    assert "[Bring back Colors]" not in read(at)
    monkeypatch.setattr(page, "only", lambda act, *_of: {"disabled": act is not Act.REVIEW})

    def elsewhere() -> None:
        st.session_state["view-deleted"], st.session_state["search-line"], st.session_state["views"] = deleted, "", True
        saved_views.show(other.id)

    assert "[Bring back Colors]" not in read(draw(elsewhere))
