"""Images with all their questions and answers: pages, what is drawn, and what a click opens."""

from types import SimpleNamespace
from typing import Any

import pytest
import streamlit as st

from core.dataset import parse_search
from pages.components.shared import asked_grid, grid, image_drawer
from pages.components.shared.grid import GridEntry
from tests.pages.messy import Messy, make_messy
from tests.pages.running import services


def test_pages_entries_and_clicks(monkeypatch: pytest.MonkeyPatch) -> None:
    messy = make_messy(services())
    monkeypatch.setattr(asked_grid, "PAGE_SIZE", 2)
    monkeypatch.setattr(asked_grid, "MAX_CHARS", 40)
    monkeypatch.setattr(st, "session_state", {})
    opened: list[Any] = []
    monkeypatch.setattr(image_drawer, "show", lambda *given, **entry: opened.append((*given, entry)))
    zero, one, two, three = (messy.images[f"{name}.png"] for name in ("zero", "one", "two", "three"))
    entry = messy.entries

    shown, _, turn = drawn(messy, monkeypatch, opened=three)
    assert (shown.where, shown.has_next) == ("1 to 2 of 4 images with 10 entries", True)
    assert [line.question for line in shown.items[1].entries][-1] == "Which has more? (2 images)"
    described, _, unanswered = shown.items[0].entries
    assert (described.answer, unanswered) == (
        "A shelf of warm stripes. A shelf of warm…", GridEntry("", "What is behind it?", "No answer yet")
    )  # fmt: skip
    assert opened.pop() == (three, [three, two], {})

    turn("next")
    shown, selected, turn = drawn(messy, monkeypatch, selected=[one], opened=entry["skipped"])
    assert (shown.where, shown.has_next) == ("3 to 4 of 4 images with 10 entries", False)
    assert shown.items[1].entries == [
        GridEntry(entry["confirmed"], "How many stripes?", "one", "confirmed"),
        GridEntry(entry["rejected"], "What is it?", "I cannot help with that.", "rejected"),
    ]
    assert selected == [entry["skipped"], entry["outside"]]
    assert opened.pop() == (one, [one, zero], {"entry_id": entry["skipped"]})

    turn("previous")
    assert drawn(messy, monkeypatch)[0].where.startswith("1 to 2 ")
    found = drawn(messy, monkeypatch, line="kind:color")[0]
    assert [(line.question, line.quiet) for line in found.items[1].entries] == [
        ("Which color is it?", False), ("Is it warm?", True),
    ]  # fmt: skip


def drawn(
    messy: Messy, monkeypatch: pytest.MonkeyPatch, line: str = "", **acted: Any
) -> tuple[grid.GridPage, list[str], Any]:
    """Return the page that is drawn, the selected entries and what turns it, after the browser reported *acted*."""
    pages: list[Any] = []

    def show(shown: grid.GridPage, *, on_turn: Any, **_: Any) -> SimpleNamespace:
        pages[:] = [shown, on_turn]
        return SimpleNamespace(**({"opened": None, "selected": [], "similar": None} | acted))

    monkeypatch.setattr(grid, "show", show)
    wanted = parse_search(line)
    total = services().entries.count_entries(messy.project_id, wanted)
    selected = asked_grid.show(messy.project_id, wanted, total)
    return pages[0], selected, pages[1]
