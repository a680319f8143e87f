"""The language to ask in: its own name beside the English one, so that either finds it."""

import streamlit as st

from core.questions.prompts import LANGUAGES, language_name


def label(code: str) -> str:
    """Return a language as it is offered; one that was typed is its own name."""
    known = LANGUAGES.get(code)
    return f"{known.own_name} ({known.name})" if known and known.own_name != known.name else language_name(code)


def choose() -> str:
    """Draw the choice that every way of asking shares."""
    chosen = st.selectbox(
        "Language", list(LANGUAGES), format_func=label, key="generate-language", accept_new_options=True,
        persist_state="session", help="Choose one or type any other by name.",
    )  # fmt: skip
    return chosen or "en"
