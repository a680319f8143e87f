"""Deleting images: what goes with them is named first, and all of it can come back."""

from collections.abc import Callable, Sequence

import streamlit as st

from core.pluralize import pluralize
from pages.components.shared import page, undo

_DELETED = "library-deleted"


@st.dialog("Delete images")
def ask(image_ids: list[str], after: Callable[[], None] = lambda: None) -> None:
    """Name what would go and delete it when the person agrees; *after* is called then."""
    counts = page.services().library.count_dependents(image_ids)
    st.text(
        f"{pluralize(counts.images, 'image goes', 'images go')}, and with {'it' if counts.images == 1 else 'them'} "
        f"{pluralize(counts.questions, 'question')} and {pluralize(counts.entries, 'entry')}, "
        f"{counts.confirmed:,} confirmed. You can undo this."
    )
    if st.button(f"Delete {pluralize(counts.images, 'image')}", type="primary", key="library-delete-confirm"):
        delete(image_ids)
        after()
        st.rerun()


def delete(image_ids: Sequence[str]) -> None:
    page.services().library.delete_images(image_ids)
    st.session_state[_DELETED] = list(image_ids)


def undo_notice() -> None:
    """Offer to bring back what was deleted last."""
    deleted = st.session_state.get(_DELETED)
    if not deleted:
        return
    if undo.offer(f"{pluralize(len(deleted), 'image was', 'images were')} deleted.", "library"):
        del st.session_state[_DELETED]
        with page.show_errors():
            page.services().library.restore_images(deleted)
            st.rerun()
