"""The newest questions and answers of a task, as they arrive."""

import streamlit as st

from core.pluralize import pluralize
from pages.components.shared import answer_form, figure, media, page

_SHOWN = 6


def show(task_id: str) -> None:
    """Draw the newest results of the task, images beside their questions."""
    results = page.services().questions.newest_results(task_id, limit=_SHOWN)
    if not results:
        return
    _shortfall(task_id)
    st.subheader("Newest", anchor=False)
    for place, result in enumerate(results):
        left, right = st.columns([1, 5], vertical_alignment="top")
        with left:
            figure.show(
                media.image_url(result.image.id, result.image.sha256), result.image.image_name, height_px=84,
                key=f"newest-{place}",
            )  # fmt: skip
        with right.container(gap="xsmall"):
            several = len({model for _, _, model in result.made}) > 1
            for question, answer, model in result.made:
                said = (question, answer_form.in_words(answer or ""), f"({model})" if several else "")
                st.text("  ".join(part for part in said if part))
            if result.short_by:
                st.caption(f"Short by {result.short_by}")


def _shortfall(task_id: str) -> None:
    """Once the task has ended, say how many questions no model found."""
    if page.services().tasks.get_task(task_id).ended_at is None:
        return
    missing = page.services().questions.shortfall(task_id)
    if missing:
        st.info(
            f"Short by {pluralize(missing, 'question')}: asked once more, the model found nothing new. "
            "A new recipe can top up.",
            icon=":material/info:",
        )
