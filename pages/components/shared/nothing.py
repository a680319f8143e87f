"""What is shown when a search finds nothing: which part of it leaves nothing, and the way on."""

from typing import Any

import streamlit as st

from core.dataset import EntryFilter
from core.errors import VitrineError
from core.search_line import EmptyReason, SearchFilter, mended
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


def refused(line: str, error: VitrineError, filter_type: type[SearchFilter[Any]] = EntryFilter) -> None:
    """Say why a search line is refused, and offer the line with its mistyped fields mended."""
    st.error(page.escape(str(error)), icon=":material/error:")
    offer_mended(line, filter_type)


def offer_mended(line: str, filter_type: type[SearchFilter[Any]] = EntryFilter) -> None:
    """Offer the line with its mistyped fields mended, where that makes one that can be read."""
    if better := mended(line, filter_type):
        st.button(f"Search for {page.escape(better)}", key="refused-mended", on_click=_replace, args=(better,))


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
