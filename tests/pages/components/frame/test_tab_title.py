"""The title of the browser's tab."""

from core.projects import ProjectCounts
from pages import PAGES
from pages.components.frame import tab_title


def test_the_tab_says_the_page_what_it_counts_and_the_project() -> None:
    images, settings = (next(entry for entry in PAGES if entry.name == name) for name in ("images", "settings"))
    counts = ProjectCounts(1200, 0, 0, 0, 0, 0, 0, 0, 0)
    assert tab_title.title(images, "Shelf", counts) == "Images (1,200) · Shelf"
    assert tab_title.title(settings, "Shelf", None) == "Settings · Shelf"
    assert tab_title.title(images, "", None) == "Images · Vitrine"
