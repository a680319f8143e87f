"""Where a visit begins: which project is open, who is led to the desk, which pages are shown, and a full disk."""

from collections.abc import Collection
from types import SimpleNamespace
from typing import Any

import pytest
import streamlit as st

from core.accounts.permissions import Act
from core.accounts.roles import Role
from core.runtime import runtime
from pages import PAGES
from pages.components.frame import landing, low_disk
from pages.components.shared import page, visitor
from tests.pages.reading import draw, read

ACTOR: Any = SimpleNamespace(is_admin=False)


@pytest.fixture
def state(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    state: dict[str, Any] = {}
    monkeypatch.setattr(st, "session_state", state)
    return state


@pytest.mark.parametrize(
    ("visible", "wanted", "has_landed", "opened"),
    [
        (None, None, False, "new"),
        (None, None, True, None),
        (None, "a", False, "a"),
        ({"a"}, "a", False, "a"),
        ({"a"}, "b", False, None),
        ({"a"}, None, False, "new"),
    ],
    ids=["the newest", "closed on purpose", "of an admin", "of the address", "of others", "of a person"],
)
def test_the_open_project_is_one_of_the_own_and_at_first_the_newest(
    visible: Collection[str] | None, wanted: str | None, has_landed: bool, opened: str | None,
    state: dict[str, Any], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    chosen: list[str | None] = []
    if has_landed:
        state["has-landed"] = True
    monkeypatch.setattr(visitor, "visible_projects", lambda: visible)
    monkeypatch.setattr(page, "project_id", lambda: wanted)
    monkeypatch.setattr(page, "choose_project", chosen.append)
    found = [SimpleNamespace(id="new"), SimpleNamespace(id="old")]
    monkeypatch.setattr(runtime.services.projects, "list_projects", lambda _visible: found)
    assert landing.project_of(ACTOR) == opened
    changes = (wanted is None and not has_landed) or opened != wanted
    assert chosen == ([opened] if changes else [])
    found.clear()
    if opened == "new":
        assert landing.project_of(ACTOR) is None


@pytest.mark.parametrize(
    ("role", "url_path", "project_id", "has_landed", "is_led"),
    [
        (Role.ANNOTATOR, "", "p", False, True),
        (Role.ANNOTATOR, "", "p", True, False),
        (Role.ANNOTATOR, "export", "p", False, False),
        (Role.ANNOTATOR, "", None, False, False),
        (Role.EDITOR, "", "p", False, False),
    ],
)
def test_an_annotator_who_opens_the_app_is_led_to_the_desk(
    role: Role, url_path: str, project_id: str | None, has_landed: bool, is_led: bool,
    state: dict[str, Any], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    opened: list[str] = []
    if has_landed:
        state["has-landed"] = True
    monkeypatch.setattr(runtime.services.access, "role", lambda *_of: role)
    monkeypatch.setattr(page, "go", opened.append)
    landing.lead(ACTOR, url_path, project_id)
    assert opened == (["curate"] if is_led else [])
    assert state["has-landed"] is True


def named(project_id: str | None) -> list[str]:
    return [entry.name for entry in landing.allowed(PAGES, project_id)]


def test_the_navigation_has_the_pages_that_a_person_may_open(monkeypatch: pytest.MonkeyPatch) -> None:
    everything = [entry.name for entry in PAGES]
    monkeypatch.setattr(visitor, "actor", lambda: SimpleNamespace(is_admin=True))
    assert named(None) == named("p") == everything
    monkeypatch.setattr(visitor, "actor", lambda: ACTOR)
    monkeypatch.setattr(visitor, "may", lambda act, _id: act is Act.REVIEW)
    free = [entry.name for entry in PAGES if entry.act in (None, Act.REVIEW)]
    assert named("p") == free
    assert 0 < len(free) < len(everything)
    assert named(None) == ["overview", "settings"]


def test_a_page_without_an_open_project_is_not_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visitor, "may", lambda _act, _id: False)
    needs = SimpleNamespace(act=Act.EXPORT, label="Export")
    free = SimpleNamespace(act=None, label="Overview")
    allowed = [landing.is_allowed(entry, id_) for entry in (needs, free) for id_ in (None, "p")]  # type: ignore[arg-type]
    assert allowed == [True, False, True, True]
    monkeypatch.setattr(page, "only", lambda act: {"help": f"Not {act}."})
    assert read(draw(landing.refuse, needs)) == ["Export", f"Not {Act.EXPORT}.", "[Overview -> overview]"]


@pytest.mark.parametrize(
    ("free", "is_admin", "todo"),
    [(999, False, "Tell an admin of this server."), (999, True, "Free some space."), (1_000, True, "")],
)
def test_little_free_space_is_told_to_everybody_and_with_what_they_can_do(
    free: int, is_admin: bool, todo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(low_disk, "LOW_BYTES", 1_000)
    monkeypatch.setattr(low_disk, "free_bytes", lambda _directory: free)
    lines = read(draw(low_disk.warn, SimpleNamespace(is_admin=is_admin)))
    assert [line.endswith(todo) for line in lines] == ([True] if todo else [])
