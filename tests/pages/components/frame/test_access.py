import pytest
from streamlit.runtime.context import ContextProxy
from streamlit.testing.v1 import AppTest

from core.api import credentials
from core.runtime import runtime
from tests.pages.running import open_page, texts


def test_without_a_password_the_sidebar_says_that_no_sign_in_is_needed() -> None:
    assert "Local mode: one person, no sign-in." in texts(open_page("overview"))


def test_a_remote_visitor_sees_no_page_without_a_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ContextProxy, "ip_address", "192.168.1.7")
    at = open_page("overview")
    assert texts(at) == ["You are signed out. Reload the page to sign in."]
    assert [*at.title, *at.button] == []


def test_a_signed_in_person_sees_the_page_under_their_name_until_the_session_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("VITRINE_ACCESS_PASSWORD", "open sesame")
    cookie = credentials.start_session(runtime.database, "Ana")
    monkeypatch.setattr(ContextProxy, "cookies", {credentials.COOKIE: cookie})
    at: AppTest = open_page("overview")
    assert [title.value for title in at.title] == ["Overview"]
    assert at.session_state["reviewer-name"] == "Ana"
    credentials.end_session(runtime.database, cookie)
    assert texts(open_page("overview")) == ["You are signed out. Reload the page to sign in."]
