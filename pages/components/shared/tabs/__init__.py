"""The tabs of a page: ``tab`` in the URL names the open one, and only that one is drawn.

One component draws all of them: the browser takes 2 ms for each tab of Streamlit's.
"""

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import streamlit as st

from pages.components.shared import controls

_KEY = "tabs"
_PARAMETER = "tab"
_FORMER_PARAMETER = "team-tab"
"""What links to the page Team had before; they keep working."""


def show(parts: Mapping[str, Callable[[], None]]) -> None:
    """Draw a tab for each of *parts*, and below them what the open one draws."""
    former = st.query_params.pop(_FORMER_PARAMETER, None)
    if former is not None and former in parts:
        st.query_params[_PARAMETER] = former
    first = next(iter(parts))
    name = st.query_params.get(_PARAMETER, first)
    opened = name if name in parts else first
    component = st.components.v2.component(
        "vitrine_tabs", css=controls.styled(_part("tabs.css")), js=controls.arrows_script() + _part("tabs.js")
    )
    component(key=_KEY, data={"names": list(parts), "open": opened}, on_chosen_change=lambda: _open(first))
    with st.container(key=f"tab-{list(parts).index(opened)}"):
        parts[opened]()


def _open(first: str) -> None:
    chosen = str(st.session_state[_KEY]["chosen"])
    if chosen == first:
        st.query_params.pop(_PARAMETER, None)
    else:
        st.query_params[_PARAMETER] = chosen


@cache
def _part(name: str) -> str:
    return (Path(__file__).parent / name).read_text(encoding="utf-8")
