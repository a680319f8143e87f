"""The review desk: a component with prefetched entries, optimistic updates, and its own routes for decisions."""

from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

from core.api import credentials
from core.dataset import EntryFilter
from core.dataset.collaboration import Plan
from pages.components.shared import boxes, media, streamlit_private, zoom

_HERE = Path(__file__).parent
# Joined into one browser module behind those of boxes and zoom, in the order of their dependencies.
_SCRIPTS = (
    "queue.js", "view.js", "stage.js", "forms.js", "box_geometry.js", "box_editor.js", "box_form.js", "desk.js",
)  # fmt: skip


def show(project_id: str, entry_filter: EntryFilter, actor: str, plan: Plan, *, key: str = "desk") -> Any:
    """Draw the desk for the entries of the filter that *plan* assigns to *actor*.

    The result's ``go`` is what the person chose at the end of the queue: a filter, "table" or "export".
    """
    component = st.components.v2.component("vitrine_desk", html=_part("desk.html"), css=_style(), js=_script())
    return component(
        key=key,
        data={
            "project": project_id,
            "q": str(entry_filter),
            "name": _name(entry_filter, actor, plan),
            "actor": actor,
            "second": bool(entry_filter.values("second")),
            "shared": plan.assignment == "shared",
            "offers_second": plan.second_percent > 0,
            "token": credentials.page_token(actor),
            "base": media.base_path(),
            "selectors": {"main": streamlit_private.MAIN, "block": streamlit_private.MAIN_BLOCK},
        },
        on_go_change=lambda: None,
        on_token_change=lambda: None,
    )


def _name(entry_filter: EntryFilter, actor: str, plan: Plan) -> str:
    if entry_filter.values("second"):
        return "Second reviews"
    line = str(entry_filter) or "All open entries"
    return f"{line}, {actor}'s part" if plan.assignment == "divided" and actor in plan.people else line


@cache
def _script() -> str:
    # One table of keys: the handlers, the buttons, the help and the documentation read it.
    return "\n".join([f"const KEYS = {_part('keys.json')};", boxes.script(), zoom.script(), *map(_part, _SCRIPTS)])


@cache
def _style() -> str:
    return "\n".join([boxes.css(), _part("desk.css"), _part("box_editor.css"), zoom.style()])


def _part(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")
