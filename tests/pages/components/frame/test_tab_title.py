"""The title of the browser's tab."""

from dataclasses import replace

import pytest
import streamlit as st

from core.projects import ProjectCounts
from pages import PAGES
from pages.components.frame import tab_title
from tests.pages.running import services
from tests.pictures import png


def test_the_tab_says_the_page_what_it_counts_and_the_project() -> None:
    images, settings = (next(entry for entry in PAGES if entry.name == name) for name in ("images", "settings"))
    counts = ProjectCounts(1200, 0, 0, 0, 0, 0, 0, 0, 0)
    assert tab_title.title(images, "Shelf", counts) == "Images (1,200) · Shelf"
    assert tab_title.title(settings, "Shelf", None) == "Settings · Shelf"
    assert tab_title.title(images, "", None) == "Images · Vitrine"


def test_the_tab_names_the_open_project_and_counts_only_what_is_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    shelf = services().projects.create_project("Shelf").id
    services().intake.add_images(shelf, [("red.png", png("red"))])
    shown: list[str] = []
    monkeypatch.setattr(st, "set_page_config", lambda *, page_title: shown.append(page_title))
    pages = {entry.name: entry for entry in PAGES}
    for name, project_id in (("images", shelf), ("settings", shelf), ("images", "gone"), ("images", None)):
        tab_title.show(pages[name], project_id, {shelf: "Shelf"})
    assert shown == ["Images (1) · Shelf", "Settings · Shelf", "Images · Vitrine", "Images · Vitrine"]


@pytest.mark.parametrize(
    ("name", "title"), [("generate", "Generate (3)"), ("explore", "Explore (4)"), ("export", "Export (5)")]
)
def test_each_page_counts_what_it_is_about(name: str, title: str) -> None:
    counts = replace(ProjectCounts(*[0] * 9), images_without_questions=3, entries=4, confirmed=5)
    entry = next(entry for entry in PAGES if entry.name == name)
    assert tab_title.title(entry, "", counts) == f"{title} · Vitrine"
