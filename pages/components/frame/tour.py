"""The tour of a sample project: a sentence for each step and a button to the next, until the person closes it."""

from dataclasses import dataclass

import streamlit as st

from core.accounts.permissions import Act
from pages.components.shared import page, reviewer_name, similar, visitor

_PREFERENCE = "tour"
_CLOSED = {"step": -1}


@dataclass(frozen=True)
class _Step:
    """A sentence about a page, and the page that its button opens."""

    sentence: str
    button: str = ""
    """Nothing at the last step."""
    file: str = ""
    similar_to: str = ""
    """The photograph whose likes the Images page shows."""


_STEPS = (
    _Step("Decide a few entries on Curate: A confirms, X rejects, E edits.", "Ask a model", "generate"),
    _Step(
        "On Generate a model asks about images and answers, here an offline one about the drawings.", "Find similar",
        "images", "apples_four.jpg",
    ),
    _Step(
        "Images has those first that are most like the chosen one; the search line finds them by words.",
        "Learn a style", "style",
    ),
    _Step("Style learns how images look, and makes new ones that look alike.", "Check the dataset", "check"),
    _Step(
        "Check measures what the dataset is worth: answers that can be guessed, repeats, missing twins.", "Export",
        "export",
    ),
    _Step("Export writes the dataset in the format that your training reads."),
)  # fmt: skip


def show(project_id: str | None) -> None:
    """Draw the step where the person is; nothing in other projects, and nothing any more once the tour was closed."""
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
        with st.container(horizontal=True, width="content"):  # both buttons go below the sentence when one has no room
            goes_on = bool(step.file) and st.button(step.button, icon=":material/arrow_forward:", key="tour-next")
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
