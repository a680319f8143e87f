"""A page of thumbnails as one component: selection, keys, and the next page fetched ahead."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

from pages.components import page

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
class GridAction:
    """What the person did; at most one of *opened* and *turn* is set."""

    selected: list[str]
    opened: str | None
    turn: str | None
    """next or previous."""


def show(
    items: Sequence[GridItem],
    *,
    key: str,
    label: str,
    where: str,
    has_previous: bool,
    has_next: bool,
    prefetch: Sequence[str] = (),
    selected: Sequence[str] = (),
    epoch: int = 0,
) -> GridAction:
    """Draw the thumbnails; *where* says which part of the whole they are.

    The selection lives in the browser and outlasts a page turn; *selected* replaces it when *epoch* changes.
    """
    component = st.components.v2.component("vitrine_grid", html=_HTML, css=_part("grid.css"), js=_part("grid.js"))
    result = component(
        key=page.component_key(key),
        data={
            "items": [asdict(item) for item in items],
            "label": label,
            "where": where,
            "has_previous": has_previous,
            "has_next": has_next,
            "prefetch": list(prefetch),
            "selected": list(selected),
            "epoch": epoch,
        },
        on_selected_change=lambda: None,
        on_opened_change=lambda: None,
        on_turn_change=lambda: None,
    )
    return GridAction(_selection(result.selected, epoch, selected), result.opened, result.turn)


def _selection(told: Any, epoch: int, otherwise: Sequence[str]) -> list[str]:
    return list(told["ids"]) if told and told["epoch"] == epoch else list(otherwise)


@cache
def _part(name: str) -> str:
    return (Path(__file__).parent / name).read_text(encoding="utf-8")
