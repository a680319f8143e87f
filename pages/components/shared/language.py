"""The language to ask in: its own name beside the English one, so that either finds it."""

import streamlit as st

from core.questions.prompts import LANGUAGES, language_name

_OWN_NAMES = {"zh-CN": "简体中文", "tr": "Türkçe"}


def label(code: str) -> str:
    """Return a language as it is offered; one that was typed is its own name."""
    own = _OWN_NAMES.get(code)
    return f"{own} ({language_name(code)})" if own else language_name(code)


def choose() -> str:
    """Draw the choice that every way of asking shares."""
    chosen = st.selectbox(
        "Language", list(LANGUAGES), format_func=label, key="generate-language", accept_new_options=True,
        persist_state="session", help="Choose one or type any other by name.",
    )  # fmt: skip
    return chosen or "en"
