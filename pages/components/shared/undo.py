"""The notice that offers to undo the last action."""

import streamlit as st


def offer(sentence: str, key: str) -> bool:
    """Draw *sentence* with an Undo button, and return whether it was clicked."""
    with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"{key}-undo-notice"):
        st.text(sentence)
        return st.button("Undo", icon=":material/undo:", key=f"{key}-undo")
