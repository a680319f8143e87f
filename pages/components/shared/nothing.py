"""What is shown when a search finds nothing: which part of it leaves nothing, and the way on."""

from typing import Any

import streamlit as st

from core.search_line import EmptyReason, SearchFilter
from pages.components.shared import page, search_line
from pages.components.shared.numbers import pluralize


def show(reason: EmptyReason | None, query: SearchFilter[Any], noun: str, *, note: str = "") -> None:
    """Say which part of *query* leaves nothing, and offer the search without it; *noun* is what is searched."""
    if reason is None:
        st.text(f"No {noun} matches this search.")
        return
    with st.container(border=True, key="nothing-found"):
        st.text(sentence(reason, noun))
        if note:
            st.caption(note)
        rest = query.minus(query.parse(reason.part))
        with st.container(horizontal=True):
            if reason.instead is not None:
                better = rest.toggled_all(query.parse(reason.instead))
                label = f"Search for {page.escape(reason.instead)}"
                st.button(label, key="nothing-instead", on_click=_replace, args=(str(better),))
            label = f"Remove {page.escape(reason.part)}"
            st.button(label, key="nothing-remove", on_click=_replace, args=(str(rest),))


def sentence(reason: EmptyReason, noun: str) -> str:
    """Return which part leaves nothing, with the numbers of it and of the rest."""
    if not reason.alone:
        return f"No {noun} matches {reason.part}."
    return (
        f"No {noun} matches all of this. {reason.part} alone finds {pluralize(reason.alone, noun)}, "
        f"the rest {pluralize(reason.without, noun)}."
    )


def _replace(line: str) -> None:
    st.session_state[search_line.KEY] = line
