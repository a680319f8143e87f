"""The recipe of Generate in words, as it is read before anybody changes it."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from pages.components.shared import model_parameters, model_picker, numbers, page, recipe_words
from pages.components.shared.model_picker import ModelChoice
from pages.components.shared.numbers import pluralize


def show(
    project_id: str, config: dict[str, Any], choices: Sequence[ModelChoice], images: int, cap: float | None
) -> None:
    """Draw a line for each part of the recipe; *images* is their number, or that of their sets."""
    models = {"models": [model_parameters.without_usual(choice.config) for choice in choices]}
    lines = [
        (name, f"{text} ({numbers.text(images)})" if name == "Images" else text)
        for name, text in recipe_words.asked({**config, **models})
        if name not in ("Model", "Prompt of your own")
    ]
    if config.get("custom_prompt"):
        lines.append(("Prompt", "your own"))
    if known := page.services().questions.templates.list_templates(project_id):
        lines.append(("Fixed questions", f"{pluralize(len(known), 'question')} about every image"))
    if len(choices) == 1:
        lines.append(("Model", model_picker.in_words(choices[0])))
    if cap is not None:
        lines.append(("Cost cap", f"${numbers.text(cap, 2)}"))
    st.markdown("  \n".join(f"**{name}:** {page.escape(text)}" for name, text in lines))
