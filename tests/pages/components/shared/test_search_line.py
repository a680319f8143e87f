"""The search line: whether the text of the address or the typed one holds, and what the browser is told."""

from typing import Any

import pytest
import streamlit as st

from pages.components.shared import search_line
from pages.components.shared.search_line import Searched
from tests.pages.components.recording import RecordedComponents

IMAGES = Searched({"tag": ("its tags", None)}, "Words", "images", (("tag:a", "with a"),), takes_images=True)  # type: ignore[dict-item]


@pytest.fixture
def state(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    state: dict[str, Any] = {}
    monkeypatch.setattr(st, "session_state", state)
    monkeypatch.setattr(st, "query_params", {})
    return state


def shown(query: str | None = None) -> str:
    if query is not None:
        st.query_params["q"] = query
    return search_line.show("Search", "p")


@pytest.mark.usefixtures("components")
def test_a_new_text_in_the_address_replaces_the_typed_one_and_a_typed_one_is_put_there(state: dict[str, Any]) -> None:
    assert (shown(), "q" in st.query_params) == ("", False)
    assert shown("is:open") == "is:open"
    state["search-line"] = "kind:count"
    assert (shown(), st.query_params["q"]) == ("kind:count", "kind:count")
    assert shown("is:open") == "is:open"
    state["search-line"] = ""
    assert (shown(), "q" in st.query_params) == ("", False)
    state.pop("search-line")  # the page was left and its fields forgotten
    state["search-line-last-query"] = "is:open"
    assert shown("is:open") == "is:open"


def test_the_browser_is_told_what_is_searched(state: dict[str, Any], components: RecordedComponents) -> None:
    search_line.show("Search", "p", IMAGES)
    data = components.data["vitrine_search"]
    told = ("line", "fields", "examples", "placeholder", "of", "takes_images", "frees_keys", "project")
    assert {name: data[name] for name in told} == {
        "line": "", "fields": (("tag", "its tags"),), "examples": (("tag:a", "with a"),), "placeholder": "Words",
        "of": "images", "takes_images": True, "frees_keys": False, "project": "p",
    }  # fmt: skip
    search_line.show("Search", "p", frees_keys=True)
    data = components.data["vitrine_search"]
    assert (data["takes_images"], data["frees_keys"], data["of"]) == (False, True, "entries")
    state["search-box"] = {"typed": {"line": "red"}}
    components.callbacks["vitrine_search"]["on_typed_change"]()
    assert search_line.show("Search", "p") == "red"
