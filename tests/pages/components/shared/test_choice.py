"""A choice of one of a few options, without a browser."""

from collections.abc import Callable

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from pages.components.shared import choice
from tests.pages.running import choices


def _in_url() -> None:  # AppTest runs the function alone
    from pages.components.shared import choice

    choice.show("View", {"grid": "Grid", "map": "Map"}, key="as", default="grid", in_url=True)


def _in_session() -> None:
    from pages.components.shared import choice

    choice.show("Bad rows", {"drop": "Leave out", "keep": "Export anyway"}, key="bad-rows", shows_label=False)


@pytest.mark.parametrize(
    ("given", "chosen", "stays"),
    [(None, "grid", False), ("Map", "map", True), ("Grid", "grid", False), ("Chart", "grid", False)],
    ids=["absent", "another", "the usual one", "unknown"],
)
def test_the_url_has_the_label_of_an_unusual_option(given: str | None, chosen: str, stays: bool) -> None:
    at = AppTest.from_function(_in_url)
    if given is not None:
        at.query_params["as"] = given
    at.run()
    assert choices(at)["as"]["chosen"] == chosen
    assert ("as" in at.query_params) is stays


def test_nothing_is_chosen_until_somebody_chooses_and_a_stored_option_that_is_gone_is_not() -> None:
    at = AppTest.from_function(_in_session).run()
    assert choices(at)["bad-rows"] == {
        "key": "bad-rows", "label": "Bad rows", "shows_label": False, "help": "", "chosen": "",
        "options": [["drop", "Leave out"], ["keep", "Export anyway"]],
    }  # fmt: skip
    at.session_state["bad-rows"] = "keep"
    assert choices(at.run())["bad-rows"]["chosen"] == "keep"
    at.session_state["bad-rows"] = "mend"
    assert choices(at.run())["bad-rows"]["chosen"] == ""


@pytest.mark.parametrize("in_url", [True, False])
def test_what_the_browser_reports_is_kept(in_url: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    callbacks: list[Callable[[], None]] = []
    monkeypatch.setattr(st, "session_state", {"choice-as": {"chosen": "Map"}})
    monkeypatch.setattr(st, "query_params", {})
    monkeypatch.setattr(
        st.components.v2, "component",
        lambda *_parts, **_styles: lambda *, on_chosen_change, **_data: callbacks.append(on_chosen_change),
    )  # fmt: skip
    assert choice.show("View", ("Grid", "Map"), key="as", default="Grid", in_url=in_url) == "Grid"
    callbacks[0]()
    assert choice.show("View", ("Grid", "Map"), key="as", default="Grid", in_url=in_url) == "Map"
    assert ("as" in st.query_params) is in_url
