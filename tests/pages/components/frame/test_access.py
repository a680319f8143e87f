import pytest
from streamlit.runtime.context import ContextProxy
from streamlit.testing.v1 import AppTest

from core.api import guard
from tests.pages.running import open_page, texts


def test_without_a_password_the_sidebar_says_that_no_sign_in_is_needed() -> None:
    assert "Local mode: one person, no sign-in." in texts(open_page("overview"))


def test_a_remote_visitor_sees_no_page_without_a_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ContextProxy, "ip_address", "192.168.1.7")
    at = open_page("overview")
    assert [title.value for title in at.title] == ["Vitrine"]
    assert any("VITRINE_ACCESS_PASSWORD" in text for text in texts(at))
    assert at.button == []


def test_with_a_password_the_page_asks_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VITRINE_ACCESS_PASSWORD", "open sesame")
    at = open_page("overview")
    assert "Sign in to use this Vitrine." in texts(at)
    assert [title.value for title in at.title] == ["Vitrine"]


def test_a_signed_in_person_sees_the_page_under_their_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VITRINE_ACCESS_PASSWORD", "open sesame")
    cookie = guard.session_cookie(guard.Actor("Ana"))
    monkeypatch.setattr(ContextProxy, "cookies", {guard.COOKIE: cookie})
    at: AppTest = open_page("overview")
    assert [title.value for title in at.title] == ["Overview"]
    assert at.session_state["reviewer-name"] == "Ana"
