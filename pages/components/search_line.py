"""The search line, kept in the address as ``q`` so that a copied address opens the same entries."""

import streamlit as st

KEY = "search-line"
_SEEN = "search-line-seen"
_PARAMETER = "q"


def show(label: str, icon: str) -> str:
    """Draw the line and return what stands in it; an address that brings another line wins.

    Streamlit's own binding of a widget to the address would refuse to switch to a page with another line.
    """
    address = st.query_params.get(_PARAMETER, "")
    if address != st.session_state.get(_SEEN) or KEY not in st.session_state:
        st.session_state[KEY] = address
    typed = st.text_input(
        label, key=KEY, label_visibility="collapsed", icon=f":material/{icon}:", type="search",
        placeholder="Words, or fields such as kind:count score:<3 -tag:draft edited:yes",
    )  # fmt: skip
    line = typed or ""
    if line:
        st.query_params[_PARAMETER] = line
    else:
        st.query_params.pop(_PARAMETER, None)
    st.session_state[_SEEN] = line
    return line
