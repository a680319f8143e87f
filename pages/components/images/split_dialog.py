"""Putting several images into a split, with undo."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from pages.components.shared import numbers, page, reviewer_name, undo
from pages.components.shared.numbers import pluralize

if TYPE_CHECKING:
    from core.export.recipe import Split

_DONE = "split-images"
_BY_HASH = "by hash"
_CHOICES: "dict[str, Split | None]" = {"train": "train", "validation": "validation", "test": "test", _BY_HASH: None}


@st.dialog("Put images into a split")
def ask(project_id: str, image_ids: Sequence[str]) -> None:
    """Ask which split the images are put into."""
    st.caption(
        "Exports assign splits by hash. Images that are put into one are in it in every export, with their near-copies "
        "and variants, and whatever else stays together with them. Of several in such a group the last one counts."
    )
    name = st.segmented_control("Split", list(_CHOICES), default="test", required=True, key="split-choice")
    where = "to hash" if name == _BY_HASH else f"into {name}"
    verb = "Put back" if name == _BY_HASH else "Put"
    if st.button(f"{verb} {pluralize(len(image_ids), 'image')} {where}", type="primary", key="split-confirm"):
        with page.show_errors():
            done = page.services().splits.put(project_id, image_ids, _CHOICES[name], actor=reviewer_name.name())
            st.session_state[_DONE] = [project_id, done.batch_id, name, str(done.images), str(done.following)]
            st.rerun()


def undo_notice() -> None:
    """Offer to undo the last such action of this session."""
    if not (done := st.session_state.get(_DONE)) or done[0] != page.project_id():
        return
    project_id, batch_id, name, images, following = done
    if not int(images):
        st.toast("The splits of these images are by hash already.", icon=":material/info:")
        del st.session_state[_DONE]
        return
    if undo.offer(_sentence(name, int(images), int(following)), "split"):
        del st.session_state[_DONE]
        with page.show_errors():
            undone = page.services().splits.undo(project_id, batch_id, actor=reviewer_name.name())
            if undone.conflicts:
                st.toast(
                    f"{pluralize(undone.conflicts, 'image was', 'images were')} put elsewhere since and "
                    f"{'stays' if undone.conflicts == 1 else 'stay'} there.", icon=":material/info:",
                )  # fmt: skip
            st.rerun()


def _sentence(name: str, images: int, following: int) -> str:
    if name == _BY_HASH:
        return f"{pluralize(images, 'image is', 'images are')} split by hash again."
    also = f", with {numbers.text(following)} that stay together with them" if following else ""
    return f"{pluralize(images, 'image is', 'images are')} in {name} now{also}."
