"""The tour of a sample project: one sentence and one button for each step, until the person closes it."""

from dataclasses import dataclass

import streamlit as st

from core.accounts.permissions import Act
from pages.components.shared import page, reviewer_name, similar, visitor

_PREFERENCE = "tour"
_CLOSED = {"step": -1}


@dataclass(frozen=True)
class _Step:
    """A sentence, and the page that its button opens."""

    sentence: str
    button: str
    file: str
    similar_to: str = ""
    """The photograph whose likes the Images page shows."""


_STEPS = (
    _Step(
        "Decide a few entries: A confirms, X rejects, E edits. Then let an offline model ask about the drawings.",
        "Ask a model", "generate",
    ),
    _Step(
        "Find the images that are most like one; the search line finds them by words.",
        "Find similar", "images", "apples_four.jpg",
    ),
    _Step("Let Vitrine learn a style from images, and make new ones in it.", "Learn a style", "style"),
    _Step("See what the dataset is worth: answers that can be guessed, repeats, missing twins.", "Check", "check"),
    _Step("Take the dataset with you, in the format that your training reads.", "Export", "export"),
)  # fmt: skip


def show(project_id: str | None) -> None:
    """Draw the next step; nothing in other projects, and nothing any more once the tour was closed or went through."""
    if project_id is None or not visitor.may(Act.EXPORT, project_id):
        return
    services = page.services()
    if not services.samples.is_sample(project_id):
        return
    number = services.preferences.get(_person(), _PREFERENCE, project_id).get("step", 0)
    if not 0 <= number < len(_STEPS):
        return
    step = _STEPS[number]
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="tour"):
        st.markdown(f":gray[{number + 1} of {len(_STEPS)}] {step.sentence}", width="stretch")
        goes_on = st.button(step.button, icon=":material/arrow_forward:", key="tour-next")
        closes = st.button("Close the tour", icon=":material/close:", type="tertiary", key="tour-close")
    if closes:
        services.preferences.put(_person(), _PREFERENCE, _CLOSED, project_id)
        st.rerun()
    if goes_on:
        services.preferences.put(_person(), _PREFERENCE, {"step": number + 1}, project_id)
        image_id = services.samples.image_id(project_id, step.similar_to) if step.similar_to else None
        if image_id:
            similar.go(image_id)
        page.go(step.file)


def _person() -> str:
    return visitor.actor().account_id or reviewer_name.name()
