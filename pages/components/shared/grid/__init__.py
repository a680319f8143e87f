"""A page of thumbnails as one component, with selection, keyboard control, and a prefetched next page."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

from pages.components.shared import controls, page

_HTML = """<div class="grid"><div class="cells" role="grid" aria-multiselectable="true"></div>
<div class="bar"><span class="where" role="status"></span>
<label class="size"><span>Size</span><input type="range" min="1" max="5" step="1" value="2"></label>
<button class="turn" title="Page up" hidden>Previous</button><button class="turn" title="Page down" hidden>Next</button>
</div></div>"""


@dataclass(frozen=True)
class GridEntry:
    """A question with its answer below an image; a click opens it by its *id*, without one it only stands there."""

    id: str
    question: str
    answer: str
    state: str = ""
    """"confirmed", "rejected" or "open"; empty for a question without an answer."""
    quiet: bool = False
    """Drawn pale, because the search does not find it."""


@dataclass(frozen=True)
class GridItem:
    id: str
    url: str
    """URL of the thumbnail, with the base path."""
    name: str
    caption: str = ""
    """A short text below the name."""
    entries: Sequence[GridEntry] = ()
    """In full below the image, when the items are images with what was asked about them."""


@dataclass(frozen=True)
class GridPage:
    """One page; *where* is its position, such as "1 to 60 of 130"."""

    items: Sequence[GridItem]
    where: str
    has_previous: bool
    has_next: bool


@dataclass(frozen=True)
class GridAction:
    """The selected ids, and the ids that were opened or are to be compared with others, if any."""

    selected: list[str]
    opened: str | None
    similar: str | None = None
    """Of the item whose similar images were asked for, by its button or M."""


def show(
    shown: GridPage,
    *,
    key: str,
    label: str,
    on_turn: Callable[[str], None],
    following: GridPage | None = None,
    selected: Sequence[str] = (),
    epoch: int = 0,
    selectable: bool = True,
) -> GridAction:
    """Draw a page of thumbnails.

    The selection is kept in the browser, also across pages.

    Args:
        on_turn: called with "next" or "previous", before the page runs again.
        following: the next page, which the browser prefetches and shows without waiting for the server.
        selected: replaces the selection of the browser when *epoch* changes.
    """
    component = st.components.v2.component(
        "vitrine_grid", html=_HTML, css=controls.styled(_part("grid.css")), js=_part("grid.js")
    )
    key = page.component_key(key)
    result = component(
        key=key,
        data={
            "label": label,
            "page": _as_data(shown),
            "following": _as_data(following) if following else None,
            "selected": list(selected),
            "epoch": epoch,
            "selectable": selectable,
        },
        on_selected_change=lambda: None,
        on_opened_change=lambda: None,
        on_similar_change=lambda: None,
        on_turn_change=lambda: on_turn(st.session_state[key]["turn"]),
    )
    return GridAction(_selection(result.selected, epoch, selected), result.opened, result.similar)


def _as_data(page_: GridPage) -> dict[str, Any]:
    """Return the page as a dictionary; ``asdict`` copies every value, which takes a tenth of a page run."""
    items = [{**vars(item), "entries": [vars(entry) for entry in item.entries]} for item in page_.items]
    return {**vars(page_), "items": items}


def _selection(reported: Any, epoch: int, default: Sequence[str]) -> list[str]:
    return list(reported["ids"]) if reported and reported["epoch"] == epoch else list(default)


@cache
def _part(name: str) -> str:
    return (Path(__file__).parent / name).read_text(encoding="utf-8")
