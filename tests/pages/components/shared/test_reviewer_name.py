"""The name under which a person reviews, and when it is known."""

from types import SimpleNamespace

import pytest
import streamlit as st

from pages.components.shared import page, reviewer_name
from tests.pages.components.recording import RecordedComponents


@pytest.fixture
def state(monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    kept: dict[str, object] = {}
    monkeypatch.setattr(st, "session_state", kept)
    return kept


def _with_password(monkeypatch: pytest.MonkeyPatch, password: str | None) -> None:
    settings = SimpleNamespace(has_sign_in=password is not None)
    monkeypatch.setattr(page, "services", lambda: SimpleNamespace(db=SimpleNamespace(settings=settings)))


def test_without_a_name_a_person_is_local(state: dict[str, object]) -> None:
    assert reviewer_name.name() == "local"
    state["reviewer-name"] = "  "
    assert reviewer_name.name() == "local"
    state["reviewer-name"] = " Anna "
    assert reviewer_name.name() == "Anna"


def test_a_name_is_known_when_it_was_typed_sent_by_the_browser_or_signed_in(
    state: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    _with_password(monkeypatch, None)
    assert not reviewer_name.is_known()
    state["reviewer-name"] = "Anna"
    assert reviewer_name.is_known()
    state.clear()
    state["reviewer-name-known"] = True
    assert reviewer_name.is_known()
    state.clear()
    _with_password(monkeypatch, "secret")
    assert reviewer_name.is_known()


@pytest.mark.parametrize(
    ("stored", "name", "is_known"), [(None, "local", False), ("", "local", True), ("A" * 61, "A" * 60, True)]
)
def test_the_browser_sends_its_stored_name_once(
    stored: str | None, name: str, is_known: bool, state: dict[str, object], components: RecordedComponents
) -> None:
    components.reports = {"name": stored}

    reviewer_name._sync_with_browser()

    assert components.data["vitrine_reviewer_name"] == {"known": False, "name": ""}
    assert (reviewer_name.name(), bool(state.get("reviewer-name-known"))) == (name, is_known)


def test_a_name_that_was_typed_is_stored_and_not_replaced(
    state: dict[str, object], components: RecordedComponents
) -> None:
    state["reviewer-name"] = "Anna"
    components.reports = {"name": "Ben"}

    reviewer_name._sync_with_browser()

    assert components.data["vitrine_reviewer_name"] == {"known": True, "name": "Anna"}
    assert reviewer_name.name() == "Anna"
