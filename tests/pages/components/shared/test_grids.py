"""Grids of entries and of images with their entries: similar images, long answers, and many questions."""

from types import SimpleNamespace
from typing import Any

import pytest
import streamlit as st

from core import ImageDatasets, Images
from core.dataset import EntryFilter
from pages.components.shared import asked_grid, entry_grid, grid, image_drawer, nothing, page, similar
from tests.pages.running import services

PAGE = grid.GridPage([], "", has_previous=False, has_next=False)
IMAGE_OF = {"entry": "image", "more": "image", "other": "image"}
ASKED = asked_grid._Found(PAGE, {"image": ["entry", "more"]}, IMAGE_OF, None)
ENTRIES = entry_grid._Found(PAGE, {"entry": "image"}, None)


def entry(**changed: Any) -> ImageDatasets:
    given = {"question": "Which?", "answer": "red", "project_id": "p", "image_id": "a", "image_name": "a", **changed}
    return ImageDatasets(id="e", **given)


@pytest.mark.parametrize(
    ("part", "found", "acted", "done", "selected"),
    [
        (asked_grid, ASKED, {"similar": "image"}, [("similar", "image")], []),
        (asked_grid, ASKED, {"similar": "gone", "opened": "gone", "selected": ["gone"]}, [], []),
        (asked_grid, ASKED, {"opened": "image", "selected": ["image"]}, [("open", "image", ["image"], {})],
         ["entry", "more"]),
        (asked_grid, ASKED, {"opened": "other"}, [("open", "image", ["image"], {"entry_id": "other"})], []),
        (entry_grid, ENTRIES, {"similar": "entry"}, [("similar", "image")], []),
        (entry_grid, ENTRIES, {"similar": "gone", "opened": "gone", "selected": ["gone"]}, [], []),
        (entry_grid, ENTRIES, {"opened": "entry", "selected": ["entry"]},
         [("open", "image", ["image"], {"entry_id": "entry"})], ["entry"]),
    ],
)  # fmt: skip
def test_what_is_done_to_an_image_or_entry_of_the_page_is_done_and_to_no_other(
    part: Any, found: Any, acted: dict[str, Any], done: list[Any], selected: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    happened: list[Any] = []
    monkeypatch.setattr(st, "session_state", {})
    monkeypatch.setattr(page, "cached", lambda _key, _read: found)
    action = SimpleNamespace(**{"opened": None, "similar": None, "selected": [], **acted})
    monkeypatch.setattr(grid, "show", lambda *_of, **_how: action)
    monkeypatch.setattr(similar, "go", lambda id_: happened.append(("similar", id_)))
    monkeypatch.setattr(image_drawer, "show", lambda *of, **named: happened.append(("open", *of, named)))
    assert part.show("p", EntryFilter(), 3) == selected
    assert happened == done


@pytest.mark.parametrize("part", [asked_grid, entry_grid])
def test_a_search_that_finds_nothing_says_why(part: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(services().entries, "why_empty", lambda *_of: "why")
    monkeypatch.setattr(nothing, "show", lambda reason, _query, noun: said.append(f"{reason}, {noun}"))
    assert part.show("p", EntryFilter(), 0) == []
    assert said == ["why, entry"]


@pytest.mark.parametrize(
    ("changed", "question", "answer"),
    [
        ({}, "Which?", "red"),
        ({"answer": ""}, "Which?", "Empty answer"),
        ({"answer": "x" * 1_000}, "Which?", "x" * 1_000),
        ({"answer": "x" * 1_001}, "Which?", "x" * 1_000 + "…"),
        ({"answer": '["red", "blue"]', "answer_type": "label"}, "Which?", "red, blue"),
        ({"answer": '["red", "blue"]'}, "Which?", '["red", "blue"]'),
        ({"more_image_ids": "b,c"}, "Which? (3 images)", "red"),
    ],
)
def test_an_entry_below_its_image_is_shown_in_short(changed: dict[str, Any], question: str, answer: str) -> None:
    shown = asked_grid._entry(entry(**changed))
    assert (shown.question, shown.answer, shown.quiet) == (question, answer, False)


@pytest.mark.parametrize(("found", "others", "unanswered", "lines", "more"), [
    (10, 10, 10, 30, None), (10, 10, 11, 31, "And 1 more"), (35, 0, 0, 31, "And 5 more"),
])  # fmt: skip
def test_thirty_questions_of_an_image_are_shown_and_the_others_counted(
    found: int, others: int, unanswered: int, lines: int, more: str | None
) -> None:
    asked = SimpleNamespace(
        image=Images(id="a", project_id="p", image_name="a.png", sha256="0" * 64), found=[entry()] * found,
        others=[entry()] * others, unanswered=["How many?"] * unanswered,
    )  # fmt: skip
    shown = asked_grid._item(asked).entries  # type: ignore[arg-type]
    assert len(shown) == lines
    assert [line.question for line in shown if line.question.startswith("And ")] == ([more] if more else [])
    assert [line.quiet for line in shown[:30]] == [False] * min(found, 30) + [True] * others + [False] * min(
        unanswered, 30 - min(found, 30) - others
    )


@pytest.mark.parametrize(
    ("turn", "cursor", "before", "after"),
    [
        ("next", "b", ["", "a"], ["", "a", "b"]), ("next", None, ["", "a"], ["", "a"]),
        ("previous", "b", ["", "a"], [""]), ("previous", "b", [""], [""]),
    ],
)  # fmt: skip
def test_a_page_is_turned_as_far_as_there_are_pages(
    turn: str, cursor: str | None, before: list[str], after: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    state: dict[str, Any] = {
        "asked-place": {"about": "x", "cursors": list(before)}, "explore-cursors": list(before),
    }  # fmt: skip
    monkeypatch.setattr(st, "session_state", state)
    asked_grid._turn(turn, next_cursor=cursor)
    entry_grid._turn(turn, next_cursor=cursor)
    assert state["asked-place"] == {"about": "x", "cursors": after}
    assert state["explore-cursors"] == after
