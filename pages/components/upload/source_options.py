"""Widgets for the options that a source of images declares."""

from typing import Any

import streamlit as st

from core.importing.sources.base import Source, SourceOption


def show(source: Source, key: str) -> dict[str, Any]:
    """Draw the options side by side, and return what is chosen by the keys of the import's config."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        return {option.key: _show(option, f"{key}-{option.key}") for option in source.options}


def _show(option: SourceOption, key: str) -> Any:
    if option.choices:
        labels = list(option.choices)
        chosen = st.segmented_control(option.label, labels, default=labels[0], required=True, key=key)
        return option.choices[chosen]
    if option.minimum is not None:
        return st.number_input(
            option.label, option.minimum, value=None, placeholder=option.placeholder, key=key, width=130
        )
    return st.text_input(option.label, key=key, placeholder=option.placeholder, width=130).strip()
