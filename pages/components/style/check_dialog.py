"""Asking a generated image the question it was made for, and keeping it when the answer fits."""

import streamlit as st

from core.errors import VitrineError
from pages.components.shared import model_picker, page


@st.dialog("Does it show what was planned?")
def show(generated_id: str) -> None:
    """Ask a vision model; a fitting answer puts the image into the project together with an entry."""
    question = st.text_input("Question", key="style-check-question", placeholder="How many cups are on the table?")
    answer = st.text_input("Planned answer", key="style-check-answer", placeholder="Three")
    choice = model_picker.show(
        "style-check", built_in="It answers only about size, colors, brightness, contrast and the like."
    )
    ready = bool(question.strip() and answer.strip())
    if not st.button("Ask, and keep it if it fits", type="primary", disabled=not ready, key="style-check-ask"):
        return
    work = page.services().style_generation.keep_if_verified(generated_id, question, answer, choice.with_key)
    try:
        with st.spinner("Asking"):
            checked = page.wait_for(work)
    except VitrineError as error:
        st.error(page.escape(str(error)), icon=":material/error:")
        return
    st.text(f"The model answered: {checked.answer or 'nothing'}")
    if checked.matches:
        st.success("It fits: the image is in the project, its entry waits for review.", icon=":material/check:")
    else:
        st.warning("It does not fit, so the image was not kept.", icon=":material/close:")
