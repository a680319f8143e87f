"""The guidelines of a project: their text while it is written, its images, and the versions before."""

import re
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
import streamlit as st

from core.accounts.permissions import Act
from core.dataset.guidelines.service import GuidelineVersion
from pages.components.shared import page
from pages.components.team import guidelines
from tests.pages.reading import draw, read
from tests.pages.running import services
from tests.pictures import png

EMPTY = "What you write is shown here as reviewers see it."
NONE_YET = "This project has no guidelines yet. Its editors and owners write them."


@pytest.fixture
def project_id() -> str:
    return services().projects.create_project("Shelf").id


def saved(project_id: str, *texts: str) -> None:
    for text in texts:
        services().guidelines.save(project_id, text, actor="Ada")


def test_who_may_not_write_reads_them_or_learns_that_there_are_none(
    project_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "may", lambda _act, _id: False)
    assert read(draw(guidelines.show, project_id)) == [NONE_YET]
    saved(project_id, "Count cups.", "Count mugs.")
    at = draw(guidelines.show, project_id)
    assert NONE_YET not in read(at)
    assert read(at)[0] == "expander: Versions: 2"
    at.selectbox(key=f"guidelines-version-{project_id}").set_value(1).run()
    assert "[Restore version 1]" not in read(at)


def test_the_text_of_the_newest_version_is_edited_beside_its_preview(project_id: str) -> None:
    at = draw(guidelines.show, project_id)
    assert EMPTY in read(at)
    assert not at.expander
    saved(project_id, "Count cups.", "Count mugs.")
    at = draw(guidelines.show, project_id)
    assert EMPTY not in read(at)
    assert not at.warning
    assert at.text_area(key=f"guidelines-text-{project_id}-2").value == "Count mugs."


def test_what_changed_is_shown_first_and_only_an_earlier_version_is_restored(project_id: str) -> None:
    saved(project_id, "Count cups.", "Count mugs.")
    at = draw(guidelines.show, project_id)
    assert "-Count cups." in at.code[0].value
    assert at.code[0].proto.language == "diff"
    assert not any(line.startswith("[Restore") for line in read(at))
    at.segmented_control(key="guidelines-show").set_value("Text").run()
    assert (at.code[0].value, at.code[0].proto.language) == ("Count mugs.", "markdown")
    at.selectbox(key=f"guidelines-version-{project_id}").set_value(1).run()
    at.button(key="guidelines-restore").click().run()
    assert read(at)[0] == "Version 1 is in use again, as version 3."
    assert services().guidelines.guidelines(project_id).text == "Count cups."


def test_what_was_saved_is_said_once_and_what_is_the_same_is_not_saved(project_id: str) -> None:
    at = draw(guidelines.show, project_id)
    at.text_area(key=f"guidelines-text-{project_id}-0").set_value("Count cups.").run()
    at.button(key="guidelines-save").click().run()
    assert "Version 1 is saved." in read(at)
    at.button(key="guidelines-save").click().run()
    assert "There is nothing new to save." in read(at)
    assert "Version 1 is saved." not in read(at)


def test_a_version_of_somebody_else_is_announced_and_the_own_text_stays(project_id: str) -> None:
    at = draw(guidelines.show, project_id)
    at.text_area(key=f"guidelines-text-{project_id}-0").set_value("Count pots.").run()
    saved(project_id, "Count mugs.")
    at.run()
    assert [one.value for one in at.warning] == ["Ada has saved version 1 meanwhile."]
    assert at.text_area(key=f"guidelines-text-{project_id}-0").value == "Count pots."
    at.button(key="guidelines-load").click().run()
    assert not at.warning
    assert at.text_area(key=f"guidelines-text-{project_id}-1").value == "Count mugs."


@pytest.mark.parametrize(
    ("before", "shows", "text"),
    [("", "A [red] cup", "![A (red) cup](image:ID)"), ("Look:", "", "Look:\n\n![shelf.png](image:ID)")],
)
def test_an_image_is_added_below_the_text_with_what_it_shows(
    before: str, shows: str, text: str, project_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen: list[Any] = [None]
    taken: list[list[str]] = []
    monkeypatch.setattr(st, "file_uploader", lambda _label, *, type, key: taken.append(type) or chosen[0])
    at = draw(guidelines.show, project_id)
    at.text_area(key=f"guidelines-text-{project_id}-0").set_value(before).run()
    assert {"png", "jpeg"} <= set(taken[0])
    at.button(key="guidelines-add").click().run()
    assert "Choose an image first." in read(at)
    chosen[0] = SimpleNamespace(name="shelf.png", getvalue=lambda: png("red"))
    at.text_input(key="guidelines-shows").set_value(shows)
    at.button(key="guidelines-add").click().run()
    written = at.text_area(key=f"guidelines-text-{project_id}-0").value
    assert re.fullmatch(re.escape(text).replace("ID", "[^)]+"), written)
    assert "Choose an image first." not in read(at)
    assert at.session_state["guidelines-images"] == 1


def test_a_session_edits_the_version_that_was_the_newest_when_it_began(monkeypatch: pytest.MonkeyPatch) -> None:
    state: dict[str, Any] = {}
    monkeypatch.setattr(st, "session_state", state)
    assert [guidelines._seen("p", 2), guidelines._seen("p", 3), guidelines._seen("q", 5)] == [2, 2, 5]
    state |= {"guidelines-text-q-5": "", "other": 1}
    guidelines._forget()
    assert state == {"other": 1}


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({}, "Version 2 by Ada"),
        ({"restored_from": 1}, "Version 2 by Ada, restored from version 1"),
        ({"create_at": datetime(2026, 5, 1, 9, 0, tzinfo=UTC)}, "Version 2 by Ada, 2026-05-01 09:00 UTC"),
    ],
)
def test_a_version_is_named_with_its_author_its_time_and_what_it_restored(changed: dict[str, Any], words: str) -> None:
    assert guidelines._words(GuidelineVersion(2, "", **{"created_by": "Ada", **changed})) == words


def test_only_who_may_change_the_project_is_asked_about(project_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Act] = []
    monkeypatch.setattr(page, "may", lambda act, _id: asked.append(act) or True)
    draw(guidelines.show, project_id)
    assert set(asked) == {Act.CHANGE_PROJECT}
