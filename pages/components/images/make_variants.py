"""Making variants of selected images."""

import streamlit as st

from pages.components.shared import page, variant_form
from pages.components.shared.numbers import pluralize


@st.dialog("Make variants")
def ask(project_id: str, image_ids: list[str]) -> None:
    """Ask how many variants of what, and start the task."""
    st.text("Variants are images of their own. They stay in the split of their original, and the originals stay as is.")
    augmentation = variant_form.show("make", usual=1)
    with_entries = st.toggle(
        "With questions and answers", True, key="make-entries",
        help="Copies the entries that stay true, with their boxes. Without them you can ask about the variants anew.",
    )  # fmt: skip
    if st.button(f"Make variants of {pluralize(len(image_ids), 'image')}", type="primary", key="make-start"):
        with page.show_errors():
            config = {"image_ids": image_ids, "augmentation": augmentation, "with_entries": with_entries}
            task = page.services().tasks.create_task(project_id, "image-variants", config)
            page.services().engine.submit(task.id)
            page.go("tasks")
