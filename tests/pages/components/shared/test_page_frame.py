"""What every page needs of its frame: errors and their ids, the address, and the button that somebody may not press."""

import logging
import re

import pytest
import streamlit as st

from core.accounts.permissions import Act
from core.errors import ForbiddenError, InvalidInputError
from pages.components.shared import page, visitor


def test_a_bug_is_shown_by_an_id_that_the_log_has_and_a_message_escaped(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    shown: list[str] = []
    monkeypatch.setattr(st, "error", lambda text, **_looks: shown.append(text))
    with page.show_errors():
        raise InvalidInputError("Choose one.")
    with caplog.at_level(logging.ERROR), page.show_errors():
        raise KeyError("x")
    assert shown[0] == r"Choose one\."
    (found,) = re.findall(r"under ([0-9a-f]{8})\.$", shown[1])
    assert f"page failed [{found}]" in caplog.text


@pytest.mark.parametrize(
    ("before", "now", "is_sent"),
    [
        (["images", "project", "q"], {"project": "p"}, True),
        (["images", "project", "q"], {"project": "p", "q": "a"}, False),
        (["images", "project", "q"], {}, False),
        (["export", "project", "q"], {"project": "p"}, False),
        (["images"], {"project": "p"}, False),
        (None, {"project": "p"}, False),
    ],
    ids=["a parameter was removed", "nothing removed", "no project", "another page", "there was none", "first run"],
)
def test_the_address_is_sent_when_a_link_to_the_same_page_removed_parameters(
    before: list[str] | None, now: dict[str, str], is_sent: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Query(dict[str, str]):
        sent = False

        def __setitem__(self, name: str, value: str) -> None:
            Query.sent = True
            super().__setitem__(name, value)

    monkeypatch.setattr(st, "session_state", {} if before is None else {"query-parameters-of-last-run": before})
    monkeypatch.setattr(st, "query_params", Query(now))
    page.sync_url("images")
    assert Query.sent is is_sent
    page.store_query_parameters("images")
    assert st.session_state["query-parameters-of-last-run"] == ["images", *now]


@pytest.mark.parametrize(
    ("in_url", "in_session", "opened"), [(None, None, None), ("a", None, "a"), (None, "b", "b"), ("a", "b", "a")]
)
def test_the_open_project_is_that_of_the_address_or_else_the_last_one(
    in_url: str | None, in_session: str | None, opened: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = {} if in_session is None else {"project": in_session}
    query = {} if in_url is None else {"project": in_url}
    monkeypatch.setattr(st, "session_state", state)
    monkeypatch.setattr(st, "query_params", query)
    assert page.project_id() == opened
    assert state == query == ({} if opened is None else {"project": opened})
    page.choose_project("c")
    assert state == query == {"project": "c"}
    page.choose_project(None)
    assert state == query == {}


def test_a_button_that_somebody_may_not_press_is_off_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str | None] = []
    monkeypatch.setattr(page, "project_id", lambda: "open")
    monkeypatch.setattr(visitor, "require", lambda _act, id_: asked.append(id_))
    assert page.only(Act.EXPORT) == {"disabled": False, "help": None}
    assert page.only(Act.EXPORT, "p", disabled=True, help="Later.") == {"disabled": True, "help": "Later."}
    assert asked == ["open", "p"]

    def refuse(*_of: object) -> None:
        raise ForbiddenError("Ask an owner.")

    monkeypatch.setattr(visitor, "require", refuse)
    assert page.only(Act.EXPORT, help="Later.") == {"disabled": True, "help": "Ask an owner."}
