"""A recipe prefilled from the URL: kinds of question, and an answer to avoid."""

import streamlit as st

from core.questions import prompts
from core.questions.recipe import KINDS
from pages.components.shared import page

_APPLIED = "generate-prefilled"


def apply() -> None:
    """Prefill the recipe from the URL, once, so that later changes of the user are not overwritten."""
    kinds = [kind for kind in st.query_params.get("kinds", "").split(",") if kind in KINDS]
    avoid = st.query_params.get("avoid", "").strip()[:200]
    if not kinds:
        return
    if st.session_state.get(_APPLIED) != f"{kinds} {avoid}":
        st.session_state[_APPLIED] = f"{kinds} {avoid}"
        if "generate-mode" in st.session_state:  # it is the default anyway
            st.session_state["generate-mode"] = "both"
        st.session_state["generate-target"] = "all"
        st.session_state["generate-kinds"] = kinds
        st.session_state["generate-prompt"] = _prompt(avoid) if avoid else ""
    if avoid:
        wanted = page.escape(f"{', '.join(kinds)} questions with answers other than {avoid}")
        st.caption(f"From Explore: {wanted}. The prompt below contains a line about it.")


def _prompt(avoid: str) -> str:
    """Return the built-in prompt with a line that excludes the answer *avoid*."""
    built_in = prompts.load("questions_and_answers", "en").text
    line = f'Ask only questions whose correct answer for this image is not "{avoid.replace("$", "$$")}".'
    before, found, after = built_in.partition("Kinds of question:")
    return f"{before}{line}\n{found}{after}" if found else f"{built_in}\n{line}"
