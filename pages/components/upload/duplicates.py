"""Images that look alike, side by side: keep them all, merge them into the first, or drop some."""

import streamlit as st

from core import Images
from core.images import ImageFilter
from core.pluralize import pluralize
from pages.components.shared import cards, image_drawer, media, page, undo
from pages.components.upload import image_deletion

_AT_ONCE = 8
_SHOWN, _DECIDED = "alike-shown", "alike-decided"


def show(project_id: str, chosen: ImageFilter) -> None:
    """Draw the first groups; whatever is decided makes room for the next."""
    _undo_notice()
    count = st.session_state.get(_SHOWN, _AT_ONCE)
    found = page.services().duplicates.find_groups(project_id, chosen, limit=count)
    if not found.groups:
        st.caption("No two images look alike here.")
        return
    st.caption(f"{pluralize(found.total, 'group')} of images that look alike; the oldest comes first.")
    for group in found.groups:
        _group(group)
    if found.next_cursor is not None and st.button("Show more", icon=":material/expand_more:", key="alike-more"):
        st.session_state[_SHOWN] = count + _AT_ONCE
        st.rerun()


def _group(group: list[Images]) -> None:
    first = group[0].id
    with st.container(border=True, key=f"alike-{first}"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.text(pluralize(len(group), "image"), width="stretch")
            if st.button(
                "Keep all", icon=":material/call_split:", key=f"alike-keep-{first}",
                help="They are different: the mark goes, the images stay.",
            ):  # fmt: skip
                page.services().duplicates.separate([image.id for image in group])
                _decided(group, "kept apart")
            if st.button(
                "Merge", icon=":material/merge:", key=f"alike-merge-{first}",
                help="Keep the oldest, with the questions and entries of all.",
            ):  # fmt: skip
                with page.show_errors():
                    page.services().duplicates.merge([image.id for image in group])
                    _decided(group, "merged into one")
        act = cards.show(
            [_card(image, image.id == first) for image in group],
            key=f"alike-cards-{first}",
            label="Images that look alike",
        )
    if act is not None and act.action == "open":
        image_drawer.show(act.id, [image.id for image in group])
    elif act is not None:
        _drop(act.id)


def _decided(group: list[Images], what: str) -> None:
    st.session_state[_DECIDED] = {"ids": [image.id for image in group], "what": what}
    st.rerun()


def _undo_notice() -> None:
    """Offer to take back what was decided last."""
    decided = st.session_state.get(_DECIDED)
    if not decided:
        return
    if undo.offer(f"{pluralize(len(decided['ids']), 'image was', 'images were')} {decided['what']}.", "alike"):
        del st.session_state[_DECIDED]
        with page.show_errors():
            page.services().duplicates.undo(decided["ids"])
            st.rerun()


def _card(image: Images, is_first: bool) -> cards.Card:
    return cards.Card(
        id=image.id,
        url=media.image_url(image.id, image.sha256),
        name=image.image_name,
        title=image.image_name,
        lines=(
            f"{image.width:,} x {image.height:,} px, {image.size / 1000:,.0f} KB {image.format}",
            "the first" if is_first else f"added {image.create_at:%Y-%m-%d %H:%M}",
        ),
        actions=(cards.Action("open", "Open", frame=True), cards.Action("drop", "Drop")),
    )


def _drop(image_id: str) -> None:
    """Delete one image; at once when nothing is lost with it."""
    counts = page.services().library.count_dependents([image_id])
    if counts.questions or counts.entries:
        image_deletion.ask([image_id])
        return
    image_deletion.delete([image_id])
    st.rerun()
