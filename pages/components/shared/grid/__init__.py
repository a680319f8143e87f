"""A page of thumbnails as one component: selection, keys, and a next page that is there before it is asked for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

from pages.components.shared import page

_HTML = """<div class="grid"><div class="cells" role="listbox" aria-multiselectable="true"></div>
<div class="bar"><span class="where" role="status"></span>
<button class="turn" title="Page up">Previous</button><button class="turn" title="Page down">Next</button>
</div></div>"""


@dataclass(frozen=True)
class GridItem:
    id: str
    url: str
    """Of the thumbnail, with the base path."""
    name: str
    note: str = ""
    """A few words below the name."""


@dataclass(frozen=True)
class GridPage:
    """One page; *where* says which part of the whole it is."""

    items: Sequence[GridItem]
    where: str
    has_previous: bool
    has_next: bool


@dataclass(frozen=True)
class GridAction:
    """What the person did."""

    selected: list[str]
    opened: str | None


def show(
    shown: GridPage,
    *,
    key: str,
    label: str,
    on_turn: Callable[[str], None],
    following: GridPage | None = None,
    selected: Sequence[str] = (),
    epoch: int = 0,
) -> GridAction:
    """Draw the thumbnails; a turn paints *following*, when it is known, without waiting for the server.

    *on_turn* is called with next or previous before the page runs again. The selection lives in the browser and
    outlasts a page turn; *selected* replaces it when *epoch* changes.
    """
    component = st.components.v2.component("vitrine_grid", html=_HTML, css=_part("grid.css"), js=_part("grid.js"))
    key = page.component_key(key)
    result = component(
        key=key,
        data={
            "label": label,
            "page": _as_data(shown),
            "following": _as_data(following) if following else None,
            "selected": list(selected),
            "epoch": epoch,
        },
        on_selected_change=lambda: None,
        on_opened_change=lambda: None,
        on_turn_change=lambda: on_turn(st.session_state[key]["turn"]),
    )
    return GridAction(_selection(result.selected, epoch, selected), result.opened)


def _as_data(page_: GridPage) -> dict[str, Any]:
    """Return the page as plain values; ``asdict`` would copy each of them, in a tenth of the page's run."""
    return {**vars(page_), "items": [vars(item) for item in page_.items]}


def _selection(told: Any, epoch: int, otherwise: Sequence[str]) -> list[str]:
    return list(told["ids"]) if told and told["epoch"] == epoch else list(otherwise)


@cache
def _part(name: str) -> str:
    return (Path(__file__).parent / name).read_text(encoding="utf-8")
