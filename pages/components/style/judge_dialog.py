"""Letting a vision model judge the style of a generated image: what it was asked, what it said, what it costs."""

import streamlit as st

from core.errors import VitrineError
from core.llm import CostEstimate
from core.pluralize import pluralize
from core.style.judging import QUESTIONS
from pages.components.shared import model_picker, page


@st.dialog("Does it have the style of its references?")
def show(generated_id: str) -> None:
    """Show what was said before, and ask a model when the person wants to."""
    services = page.services()
    try:
        shown = services.style_generation.judge_input(generated_id)
    except VitrineError as error:
        st.error(page.escape(str(error)), icon=":material/error:")
        return
    judge = shown.generated.match.get("judge") or {}
    said = {verdict["question"]: verdict for verdict in judge.get("verdicts", [])}
    if said:
        st.caption(f"Judged by {page.escape(judge['model'])}.")
    for name, question in QUESTIONS.items():
        st.text(question)
        if name in said:
            st.caption(f"**{said[name]['answer'].capitalize()}.** {page.escape(said[name]['evidence'])}")
    choice = model_picker.show(
        "style-judge", built_in="It judges by measured colors, light and structure, and says by how much they differ."
    )
    images = len(shown.references)
    st.text(
        f"It is shown the new image and {pluralize(images, 'reference')}. "
        f"{_cost(shown.cost(page.services().llm, choice.config['model']))}"
    )
    if not st.button("Judge again" if said else "Judge", type="primary", key="style-judge-ask"):
        return
    try:
        with st.spinner("Looking"):
            page.wait_for(services.style_generation.judge(generated_id, choice.with_key))
    except VitrineError as error:
        st.error(page.escape(str(error)), icon=":material/error:")
        return
    st.rerun()


def _cost(estimate: CostEstimate | None) -> str:
    if estimate is None:
        return "Cost: unknown, this model has no price in the table."
    return "Cost: nothing." if estimate.high == 0 else f"Cost: about ${estimate.low:,.4f} to ${estimate.high:,.4f}."
