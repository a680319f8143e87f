"""Deleting images, with a confirmation that names what is deleted with them, and undo."""

from collections.abc import Callable, Sequence

import streamlit as st

from pages.components.shared import confirm, numbers, page, undo
from pages.components.shared.numbers import pluralize

_DELETED = "library-deleted"


@st.dialog("Delete images")
def ask(image_ids: list[str], after: Callable[[], None] = lambda: None) -> None:
    """Ask for confirmation, naming what would be deleted; call *after* once the images are deleted."""
    counts = page.services().library.count_dependents(image_ids)
    st.text(
        f"This deletes {pluralize(counts.images, 'image')} with {pluralize(counts.questions, 'question')} and "
        f"{pluralize(counts.entries, 'entry')} ({numbers.text(counts.confirmed)} confirmed). "
        "They can be restored from the bin."
    )
    if confirm.confirmed(f"Delete {pluralize(counts.images, 'image')}", key="library-delete-confirm"):
        delete(image_ids)
        after()
        st.rerun()


def delete(image_ids: Sequence[str]) -> None:
    """Delete the images and remember them for :func:`undo_notice`."""
    page.services().library.delete_images(image_ids)
    st.session_state[_DELETED] = list(image_ids)


def undo_notice() -> None:
    """Offer to undo the last deletion of this session."""
    deleted = st.session_state.get(_DELETED)
    if not deleted:
        return
    if undo.offer(f"{pluralize(len(deleted), 'image was', 'images were')} deleted.", "library"):
        del st.session_state[_DELETED]
        with page.show_errors():
            page.services().library.restore_images(deleted)
            st.rerun()
