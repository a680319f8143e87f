"""The data of a page of thumbnails, and the selection that it reports."""

import pytest

from pages.components.shared import grid
from pages.components.shared.grid import GridAction, GridItem, GridPage
from tests.pages.components.recording import RecordedComponents

FIRST = GridPage([GridItem("1", "/media/1", "shelf.jpg")], "1 to 1 of 2", has_previous=False, has_next=True)
SECOND = GridPage([GridItem("2", "/media/2", "cup.jpg", "red")], "2 to 2 of 2", has_previous=True, has_next=False)


def test_a_page_is_drawn_with_the_one_that_follows(components: RecordedComponents) -> None:
    action = grid.show(FIRST, key="g", label="Images", on_turn=lambda _: None, following=SECOND)

    assert action == GridAction([], None)
    assert components.data["vitrine_grid"] == {
        "label": "Images", "selectable": True,
        "page": {
            "items": [{"id": "1", "url": "/media/1", "name": "shelf.jpg", "caption": "", "entries": []}],
            "where": "1 to 1 of 2", "has_previous": False, "has_next": True,
        },
        "following": {
            "items": [{"id": "2", "url": "/media/2", "name": "cup.jpg", "caption": "red", "entries": []}],
            "where": "2 to 2 of 2", "has_previous": True, "has_next": False,
        },
        "selected": [],
        "epoch": 0,
    }  # fmt: skip


def test_the_last_page_has_none_that_follows(components: RecordedComponents) -> None:
    grid.show(SECOND, key="g", label="Images", on_turn=lambda _: None)

    assert components.data["vitrine_grid"]["following"] is None


@pytest.mark.parametrize(
    ("reported", "selected"),
    [
        (None, ["given"]),
        ({"epoch": 3, "ids": ["1", "2"]}, ["1", "2"]),
        ({"epoch": 3, "ids": []}, []),
        ({"epoch": 2, "ids": ["1"]}, ["given"]),
    ],
)
def test_the_selection_of_the_browser_counts_within_its_epoch(
    reported: object, selected: list[str], components: RecordedComponents
) -> None:
    components.reports = {"selected": reported, "opened": "1"}

    action = grid.show(FIRST, key="g", label="Images", on_turn=lambda _: None, selected=["given"], epoch=3)

    assert action == GridAction(selected, "1")
