"""The latest questions and answers of a task, updated while it runs."""

import streamlit as st

from pages.components.shared import answer_form, figure, media, page

_SHOWN = 6


def show(task_id: str) -> None:
    """Draw the latest results of the task, each image beside its questions."""
    results = page.services().questions.newest_results(task_id, limit=_SHOWN)
    if not results:
        return
    st.header("Latest results", anchor=False)
    for index, result in enumerate(results):
        left, right = st.columns([1, 5], vertical_alignment="top")
        with left:
            figure.show(
                media.image_url(result.image.id, result.image.sha256), result.image.image_name, height_px=84,
                key=f"newest-{index}",
            )  # fmt: skip
        with right.container(gap="xsmall"):
            several = len({pair.model for pair in result.pairs}) > 1
            for pair in result.pairs:
                parts = (pair.question, answer_form.readable_answer(pair.answer), f"({pair.model})" if several else "")
                st.text("  ".join(part for part in parts if part))
            if result.missing_questions:
                st.caption(f"{result.missing_questions} fewer than requested")
