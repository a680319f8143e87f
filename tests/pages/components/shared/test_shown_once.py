"""A secret stays on its page until it is closed or the page is left."""

from collections.abc import Callable

import pytest
import streamlit as st

from pages.components.shared import shown_once
from tests.pages.reading import draw, read
from tests.pages.running import open_page

SENTENCE = "Copy it. It is not shown again after you close it or leave this page."


def _page(act: Callable[[], None] = lambda: None) -> None:
    act()
    shown_once.show("settings/tokens")


def test_secrets_are_shown_in_every_run_until_each_is_closed() -> None:
    def make() -> None:
        if "made" not in st.session_state:
            st.session_state["made"] = True
            shown_once.keep("settings/tokens", "a", "Copy it.", "secret-a")
            shown_once.keep("settings/tokens", "b", "Copy it.", "secret-b")
            shown_once.keep("settings/webhooks", "c", "Copy it.", "secret-c")

    at = draw(_page, make)
    for _ in range(2):
        assert read(at) == [SENTENCE, "secret-a", "[Close]", SENTENCE, "secret-b", "[Close]"]
        at.run()
    at.button(key="shown-once/settings/tokens/a-close").click().run()
    assert read(at) == [SENTENCE, "secret-b", "[Close]"]
    at.button(key="shown-once/settings/tokens/b-close").click().run()
    assert read(at) == []


def test_what_became_worthless_is_closed() -> None:
    def act() -> None:
        shown_once.keep("settings/tokens", "a", "Copy it.", "secret-a")
        shown_once.close("settings/tokens", "a")
        shown_once.close("settings/tokens", "unknown")

    assert read(draw(_page, act)) == []


def test_the_secrets_of_other_pages_are_forgotten() -> None:
    def act() -> None:
        for place in ("settings/tokens", "team/p"):
            shown_once.keep(place, "a", "Copy it.", f"secret of {place}")
        shown_once.forget_others("settings")
        shown_once.show("team/p")

    assert read(draw(_page, act)) == [SENTENCE, "secret of settings/tokens", "[Close]"]


def test_the_frame_forgets_the_secrets_of_a_page_that_was_left(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []
    monkeypatch.setattr(shown_once, "forget_others", drawn.append)
    open_page("overview")
    assert drawn == ["overview"]
