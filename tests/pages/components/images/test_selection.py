"""The selection of images: its actions, its number, and what a search that finds nothing says."""

from typing import Any

import pytest
import streamlit as st

from core.errors import InvalidInputError
from core.images import ImageQuery, parse_image_query
from core.search_line import EmptyReason
from pages.components.images import nothing as no_images
from pages.components.images import selection
from pages.components.shared import analyze_dialog, nothing, page
from tests.pages.reading import draw, read
from tests.pages.running import services

ALL, SOME = ImageQuery(), parse_image_query("name:cup")


@pytest.fixture(autouse=True)
def _ids(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services().image_queries, "find_ids", lambda _id, query: [f"of {query}"])
    monkeypatch.setattr(page, "only", lambda *_of, **_why: {})


def test_the_selection_is_kept_and_a_new_one_has_another_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(st, "session_state", {})
    assert (selection.selected(), selection.epoch()) == ([], 0)
    selection.store(["a"])
    assert (selection.selected(), selection.epoch()) == (["a"], 0)
    selection.replace(["b"])
    selection.replace(["c"])
    assert (selection.selected(), selection.epoch()) == (["c"], 2)


@pytest.mark.parametrize(
    ("selected", "first"),
    [
        ([], ["Click one.", "[Select all 1,200]", "[Analyze images]"]),
        (["a"], ["1 selected", "[Select all 1,200]", "[Clear selection]"]),
        (["a"] * 1_200, ["1,200 selected", "[Clear selection]", "[Search]", "[Explore] off"]),
    ],
)
def test_the_actions_are_those_on_the_selected_images(selected: list[str], first: list[str]) -> None:
    def bar() -> None:
        st.session_state["selected-images"] = selected
        selection.bar("p", SOME, 1_200, hint="Click one.")

    lines = read(draw(bar))
    assert lines[: len(first)] == first
    assert ("[Delete]" in lines) is bool(selected)


@pytest.mark.parametrize("query", [ALL, SOME])
def test_all_images_of_the_search_are_selected(query: ImageQuery) -> None:
    at = draw(selection.bar, "p", query, 2)
    at.button(key="images-select-all-first").click().run()
    assert at.session_state["selected-images"] == [f"of {query}"]
    at.button(key="images-clear").click().run()
    assert at.session_state["selected-images"] == []
    at.session_state["selected-images"] = ["a"]
    at.run().button(key="images-select-all").click().run()
    assert at.session_state["selected-images"] == [f"of {query}"]


@pytest.mark.parametrize(("query", "filtered"), [(ALL, None), (SOME, ["of name:cup"])])
def test_the_images_of_a_search_are_one_choice_of_what_is_analyzed(
    query: ImageQuery, filtered: list[str] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, Any]] = []
    monkeypatch.setattr(analyze_dialog, "ask", lambda _id, **of: asked.append(of))
    at = draw(selection.bar, "p", query, 2)
    at.button(key="images-analyze-all").click().run()
    at.session_state["selected-images"] = ["a"]
    at.run().button(key="images-analyze").click().run()
    assert asked == [{"filtered": filtered}, {"selected": ["a"], "filtered": filtered}]


@pytest.mark.parametrize(
    ("part", "analyzed", "is_noted"),
    [
        ("object:dog", 0, True), ("object:dog", 3, False), ("-object:dog", 0, False), ("name:cup", 0, False),
        ("source:upload", 0, False), ("added:>2026", 0, False), ("dog", 0, True),
    ],
)  # fmt: skip
def test_a_search_for_contents_says_that_images_have_to_be_analyzed(
    part: str, analyzed: int, is_noted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    reason: list[EmptyReason | None] = [EmptyReason(part, 0, 3)]
    noted: list[tuple[str, str]] = []
    monkeypatch.setattr(services().image_queries, "why_empty", lambda *_of: reason[0])
    monkeypatch.setattr(services().image_queries, "count", lambda _id, _line: analyzed)
    monkeypatch.setattr(nothing, "show", lambda _reason, _query, noun, *, note: noted.append((noun, note)))
    no_images.show("p", SOME)
    assert [(noun, bool(note)) for noun, note in noted] == [("image", is_noted)]
    reason[0] = None
    no_images.show("p", SOME)
    assert noted[-1] == ("image", "")


@pytest.mark.parametrize(
    ("line", "error", "offers"),
    [
        ("similar:a", InvalidInputError("No vectors."), True),
        ("name:a", InvalidInputError("No."), False),
        ("nosuch:a", InvalidInputError("No such field."), False),
    ],
)
def test_images_without_vectors_can_be_analyzed_from_the_search_that_needs_them(
    line: str, error: InvalidInputError, offers: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(nothing, "refused", lambda *_of: None)
    monkeypatch.setattr(analyze_dialog, "ask", asked.append)
    at = draw(no_images.refused, "p", line, error)
    assert ("[Analyze images]" in read(at)) is offers
    if offers:
        assert asked == []
        at.button(key="nothing-analyze").click().run()
        assert asked == ["p"]
