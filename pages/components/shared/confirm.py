"""The last line of a dialog that deletes: the way back, and the button that does it."""

import streamlit as st


def confirmed(label: str, *, key: str) -> bool:
    """Draw Cancel, which closes the dialog, and the button *label*; return whether the latter was clicked."""
    with st.container(horizontal=True, horizontal_alignment="right"):
        if st.button("Cancel", key=f"{key}-cancel"):
            st.rerun()
        return st.button(label, type="primary", key=key)
