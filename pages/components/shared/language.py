"""The language of questions: offered by its own name and its English name, so that both can be searched."""

import streamlit as st

from core.questions.prompts import LANGUAGES, language_name


def label(code: str) -> str:
    """Return the label of a language code; a language typed by name is its own label."""
    known = LANGUAGES.get(code)
    return f"{known.own_name} ({known.name})" if known and known.own_name != known.name else language_name(code)


def choose() -> str:
    """Draw the language field, shared by all modes of Generate, and return the code."""
    return st.selectbox(
        "Language", list(LANGUAGES), format_func=label, key="generate-language", accept_new_options=True,
        persist_state="session", help="Choose a language or type the name of any other.",
    )  # fmt: skip
