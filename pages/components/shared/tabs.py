"""The tabs of a page: ``tab`` in the URL names the open one, and only that one is drawn."""

from collections.abc import Callable, Mapping

import streamlit as st

_KEY = "tab"
_FORMER_KEY = "team-tab"
"""What links to the page Team had before; they keep working."""


def show(parts: Mapping[str, Callable[[], None]]) -> None:
    """Draw a tab for each of *parts*, and in the open one what it draws."""
    if (former := st.query_params.pop(_FORMER_KEY, "")) in parts:
        if _KEY not in st.session_state:  # once the tabs are drawn, Streamlit itself writes their parameter
            st.query_params[_KEY] = former
        st.session_state[_KEY] = former
    for tab, draw in zip(st.tabs(list(parts), key=_KEY, bind="query-params"), parts.values(), strict=True):
        if tab.open:
            with tab:
                draw()
