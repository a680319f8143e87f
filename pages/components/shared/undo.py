"""The line that offers to take back what was done last."""

import streamlit as st


def offer(sentence: str, key: str) -> bool:
    """Say what was done, and return whether it is to be taken back."""
    with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"{key}-undo-notice"):
        st.text(sentence)
        return st.button("Undo", icon=":material/undo:", key=f"{key}-undo")
