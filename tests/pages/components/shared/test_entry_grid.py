"""Entries as a grid: pages, marks of decisions, and the selection."""

from types import SimpleNamespace
from typing import Any

import pytest
import streamlit as st

from core import Projects
from core.dataset import EntryFilter
from pages.components.shared import entry_grid, grid, image_drawer
from tests.pages.running import services
from tests.pictures import striped


@pytest.fixture
def project(monkeypatch: pytest.MonkeyPatch) -> Projects:
    """A project with five entries on two images, and pages of two."""
    monkeypatch.setattr(entry_grid, "PAGE_SIZE", 2)
    monkeypatch.setattr(st, "session_state", {})
    project = services().projects.create_project("Shelf")
    outcomes = services().intake.add_images(project.id, [("a.png", striped(1)), ("b.png", striped(2))])
    images = [outcome.image for outcome in outcomes if outcome.image is not None]
    for number in range(4):
        services().dataset.create_dataset_entry(project.id, images[number % 2].id, f"Question {number}?", "yes", "m")
    services().dataset.create_dataset_entry(
        project.id, images[0].id, "Which?", '["red", "blue"]', "m", "label", options=["red", "blue"]
    )
    first, second, *_ = services().dataset.list_dataset_entries(project.id)
    services().review.decide(first.id, 1, "confirm")
    services().review.decide(second.id, 1, "reject")
    return project


def drawn(project: Projects, monkeypatch: pytest.MonkeyPatch, **acted: Any) -> tuple[grid.GridPage, list[str]]:
    """Return the page that is drawn and the ids of the selected entries, after the browser reported *acted*."""
    pages: list[grid.GridPage] = []

    def show(shown: grid.GridPage, **_: Any) -> SimpleNamespace:
        pages.append(shown)
        return SimpleNamespace(**({"opened": None, "selected": [], "similar": None} | acted))

    monkeypatch.setattr(grid, "show", show)
    selected = entry_grid.show(project.id, EntryFilter(), 5)
    return pages[0], selected


def test_pages_are_turned_to_both_ends(project: Projects, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    for turn in ("previous", "next", "next", "next", "previous"):
        shown, _ = drawn(project, monkeypatch)
        seen.append((shown.where, shown.has_previous, shown.has_next))
        found = services().entries.find_entries(
            project.id, EntryFilter(), limit=2, after=entry_grid._cursors(f"{project.id} ")[-1] or None
        )
        entry_grid._turn(turn, next_cursor=found.next_cursor)

    assert seen == [
        ("1 to 2 of 5", False, True), ("1 to 2 of 5", False, True), ("3 to 4 of 5", True, True),
        ("5 to 5 of 5", True, False), ("5 to 5 of 5", True, False),
    ]  # fmt: skip


def test_another_filter_starts_at_the_first_page(project: Projects) -> None:
    entry_grid._cursors("one")
    entry_grid._turn("next", next_cursor="x")
    assert entry_grid._cursors("one") == ["", "x"]
    assert entry_grid._cursors("two") == [""]


def test_decisions_are_marked_and_labels_are_words(project: Projects, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entry_grid, "PAGE_SIZE", 60)
    shown, _ = drawn(project, monkeypatch)

    assert [(item.name, item.caption) for item in shown.items] == [
        ("✓ Question 0?", "yes"), ("✕ Question 1?", "yes"), ("Question 2?", "yes"), ("Question 3?", "yes"),
        ("Which?", "red, blue"),
    ]  # fmt: skip


def test_what_is_selected_or_opened_is_of_this_page(project: Projects, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second, third, *_ = services().dataset.list_dataset_entries(project.id)
    opened: list[Any] = []
    monkeypatch.setattr(image_drawer, "show", lambda *given, **entry: opened.append((*given, entry)))

    _, selected = drawn(project, monkeypatch, selected=[third.id, second.id], opened=first.id)
    drawn(project, monkeypatch, opened=third.id)

    assert selected == [second.id]
    assert opened == [(first.image_id, [first.image_id, second.image_id], {"entry_id": first.id})]
