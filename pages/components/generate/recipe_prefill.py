"""A recipe drafted elsewhere: kinds of question and an answer to avoid, as they stand in the address."""

import streamlit as st

from core.questions import prompts
from core.questions.recipe import KINDS
from pages.components.shared import page

_TAKEN = "generate-drafted"


def take_over() -> None:
    """Fill the recipe from the address, once: what is changed afterwards stays changed."""
    kinds = [kind for kind in st.query_params.get("kinds", "").split(",") if kind in KINDS]
    avoid = st.query_params.get("avoid", "").strip()[:200]
    if not kinds:
        return
    if st.session_state.get(_TAKEN) != f"{kinds} {avoid}":
        st.session_state[_TAKEN] = f"{kinds} {avoid}"
        if "generate-mode" in st.session_state:  # it begins as this anyway
            st.session_state["generate-mode"] = "both"
        st.session_state["generate-target"] = "all"
        st.session_state["generate-kinds"] = kinds
        st.session_state["generate-prompt"] = _prompt(avoid) if avoid else ""
    if avoid:
        named = page.escape(f"{', '.join(kinds)} with other answers than {avoid}")
        st.caption(f"Drafted on Explore: {named}. The prompt below says so in its own line.")


def _prompt(avoid: str) -> str:
    """Return the built-in prompt with one line about what there is too much of."""
    built_in = prompts.load("questions_and_answers", "en").text
    wish = f'Ask only what this image truly answers with something else than "{avoid.replace("$", "$$")}".'
    before, found, after = built_in.partition("Kinds of question:")
    return f"{before}{wish}\n{found}{after}" if found else f"{built_in}\n{wish}"
