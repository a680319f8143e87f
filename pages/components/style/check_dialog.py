"""The dialog that checks a generated image against a planned question and answer."""

import streamlit as st

from core.errors import VitrineError
from pages.components.shared import model_picker, page


@st.dialog("Does it show what was planned?")
def show(generated_id: str) -> None:
    """Ask a vision model; if its answer matches, add the image to the project with an entry."""
    question = st.text_input("Question", key="style-check-question", placeholder="How many cups are on the table?")
    answer = st.text_input("Planned answer", key="style-check-answer", placeholder="Three")
    choice = model_picker.show(
        "style-check", built_in="It answers only about size, colors, brightness, contrast and similar properties."
    )
    ready = bool(question.strip() and answer.strip())
    if not st.button(
        "Check, and keep the image if it matches", type="primary", disabled=not ready, key="style-check-ask"
    ):
        return
    work = page.services().style_generation.keep_if_verified(generated_id, question, answer, choice.with_key)
    try:
        with st.spinner("Asking the model"):
            checked = page.wait_for(work)
    except VitrineError as error:
        st.error(page.escape(str(error)), icon=":material/error:")
        return
    st.text(f"The model answered: {checked.answer or 'nothing'}")
    if checked.matches:
        st.success(
            "The answer matches: the image is in the project and its entry waits for review.", icon=":material/check:"
        )
    else:
        st.warning("The answer does not match, so the image was not kept.", icon=":material/close:")
