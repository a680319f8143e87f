"""What a task that analyzes images has found."""

import streamlit as st

from core import Tasks
from core.vision.analyzers import analyzers
from pages.components.shared import numbers, page
from pages.components.shared.numbers import pluralize

_MAX_LABELS = 12


def show(task: Tasks) -> None:
    """Draw how many images each analyzer has analyzed, and the labels that the project has most."""
    counts = page.services().analysis.analyzed_by(task.id)
    if not counts:
        st.text("Nothing was analyzed: every image has a current result.")
    for name, one in analyzers().items():
        if name not in counts:
            continue
        labels = page.services().analysis.store.labels(task.project_id, name, limit=_MAX_LABELS)
        st.text(f"{one.label}: {pluralize(counts[name], 'image')} analyzed.")
        if labels:
            most = ", ".join(f"{found.label} {numbers.text(found.images)}" for found in labels)
            st.caption(page.escape(f"In the project most often: {most}"))
    page.link("images", "The images", icon="photo_library")
