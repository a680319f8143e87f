"""The map of a project's images: a component that reads points and values from routes of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import streamlit as st

from core.images.storage import RENDITION_VERSION
from core.vision.map.service import MapState
from pages.components.shared import controls, media, page

_HERE = Path(__file__).parent
# Joined into one browser module, in the order of their dependencies.
_SCRIPTS = (
    "points.js", "drawing.js", "view.js", "selection.js", "legend.js", "listed.js", "tip.js", "input.js", "map.js",
)  # fmt: skip


@dataclass(frozen=True)
class MapAction:
    """The selected ids, and the id that was opened, if any."""

    selected: list[str]
    opened: str | None


def show(
    project_id: str,
    state: MapState,
    *,
    key: str,
    query: str = "",
    selected: Sequence[str] = (),
    epoch: int = 0,
) -> MapAction:
    """Draw the map.

    The selection is kept in the browser; images that are not on the map stay selected.

    Args:
        state: when it was laid out, and how many images it has: it is read again when they change.
        query: a search line; what it does not find is dimmed.
        selected: replaces the selection of the browser when *epoch* changes.
    """
    component = st.components.v2.component(
        "vitrine_map", html=_part("map.html"), css=controls.styled(_part("map.css")), js=_script()
    )
    result = component(
        key=page.component_key(key),
        data={
            "project": project_id,
            "version": f"{state.made_at} {state.images} {state.placed}",
            "changed": page.services().db.data_version(),
            "q": query,
            "selected": list(selected),
            "epoch": epoch,
            "by": "group",
            "renditions": RENDITION_VERSION,
            "base": media.base_path(),
        },
        on_selected_change=lambda: None,
        on_opened_change=lambda: None,
    )
    reported = result.selected
    is_current = reported and reported["epoch"] == epoch
    return MapAction(list(reported["ids"]) if is_current else list(selected), result.opened)


@cache
def _script() -> str:
    data = (f"const {name.upper()} = {_part(f'{name}.json')};" for name in ("palette", "keys"))
    return "\n".join([*data, controls.press_script(), *map(_part, _SCRIPTS)])


@cache
def _part(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")
