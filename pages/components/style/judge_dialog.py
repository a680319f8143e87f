"""The dialog in which a vision model judges the style of a generated image: questions, verdicts, cost."""

import streamlit as st

from core.errors import VitrineError
from core.llm import CostEstimate
from core.style.judging import QUESTIONS
from pages.components.shared import model_picker, numbers, page
from pages.components.shared.numbers import pluralize


@st.dialog("Does it have the style of its references?")
def show(generated_id: str) -> None:
    """Draw the earlier verdicts, and ask a model when the button is clicked."""
    services = page.services()
    try:
        shown = services.style_generation.judge_input(generated_id)
    except VitrineError as error:
        st.error(page.escape(str(error)), icon=":material/error:")
        return
    judge = shown.generated.match.get("judge") or {}
    verdicts = {verdict["question"]: verdict for verdict in judge.get("verdicts", [])}
    if verdicts:
        st.caption(f"Judged by {page.escape(judge['model'])}.")
    for name, question in QUESTIONS.items():
        st.text(question)
        if name in verdicts:
            st.caption(f"**{verdicts[name]['answer'].capitalize()}.** {page.escape(verdicts[name]['evidence'])}")
    choice = model_picker.show(
        "style-judge", built_in="It compares measured colors, light and structure, and reports how much they differ."
    )
    images = len(shown.references)
    st.text(
        f"The model sees the new image and {pluralize(images, 'reference')}. "
        f"{_cost(shown.cost(page.services().llm, choice.config['model']))}"
    )
    if not st.button("Judge again" if verdicts else "Judge", type="primary", key="style-judge-ask"):
        return
    try:
        with st.spinner("Asking the model"):
            page.wait_for(services.style_generation.judge(generated_id, choice.with_key))
    except VitrineError as error:
        st.error(page.escape(str(error)), icon=":material/error:")
        return
    st.rerun()


def _cost(estimate: CostEstimate | None) -> str:
    if estimate is None:
        return "Cost unknown: this model has no listed price."
    return (
        "No cost."
        if estimate.high == 0
        else f"Cost: about ${numbers.text(estimate.low, 4)} to ${numbers.text(estimate.high, 4)}."
    )
