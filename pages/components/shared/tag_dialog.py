"""Tagging several images at once, with undo."""

from collections.abc import Sequence

import streamlit as st

from core.images import ImageQuery, ImageTerm
from core.vision.tag_review import TagBatch
from pages.components.shared import page, reviewer_name, undo
from pages.components.shared.numbers import pluralize

_DONE = "tagged-images"


@st.dialog("Tag images")
def ask(project_id: str, image_ids: Sequence[str], *, searches: bool = False) -> None:
    """Ask which tags the images get, and which are removed from them; with *searches* the tags are then searched."""
    review = page.services().tag_review
    typed = st.text_input("Add", key="tag-words", placeholder="front, daylight")
    removed = st.multiselect(
        "Remove", review.tags_in(image_ids), key="tag-removed", accept_new_options=True, placeholder="Nothing",
        help="From the images that have them, accepted or proposed. Removed tags are not proposed again.",
    )  # fmt: skip
    added = [word for word in (typed or "").split(",") if word.strip()]
    if st.button(
        f"Tag {pluralize(len(image_ids), 'image')}", type="primary", key="tag-confirm",
        disabled=not added and not removed,
    ):  # fmt: skip
        with page.show_errors():
            done = review.change_many(project_id, image_ids, added, removed, actor=reviewer_name.name())
            st.session_state[_DONE] = [project_id, done.batch_id, str(done.images)]
            if searches and added:
                page.go("images", q=str(ImageQuery(tuple(ImageTerm("tag", word.strip()) for word in added))))
            st.rerun()


def undo_notice() -> None:
    """Offer to undo the last tagging of this session."""
    if not (done := st.session_state.get(_DONE)):
        return
    project_id, batch = done[0], TagBatch(done[1], int(done[2]))
    if project_id != page.project_id():
        return
    if not batch.images:
        st.toast("The images have these tags already.", icon=":material/info:")
        del st.session_state[_DONE]
        return
    if undo.offer(f"{pluralize(batch.images, 'image has', 'images have')} other tags now.", "tagged"):
        del st.session_state[_DONE]
        with page.show_errors():
            undone = page.services().tag_review.undo_batch(project_id, batch.batch_id, actor=reviewer_name.name())
            if undone.conflicts:
                st.toast(
                    f"{pluralize(undone.conflicts, 'image keeps its', 'images keep their')} tags: they were changed "
                    "since.", icon=":material/info:",
                )  # fmt: skip
            st.rerun()
