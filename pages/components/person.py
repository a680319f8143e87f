"""In whose name a person reviews."""

import streamlit as st

from pages.components import page


def choose() -> str:
    """Let whoever sits here give a name, and return it; whoever signed in has one already."""
    name = (st.session_state.get("person") or "").strip()
    if page.services().db.settings.access_password is not None:
        return name or "local"
    with st.popover(page.plain(name) or "Your name", icon=":material/person:", key="person-popover"):
        st.text_input("Your name, for the history of each entry", key="person", persist_state="session", max_chars=60)
    return name or "local"
