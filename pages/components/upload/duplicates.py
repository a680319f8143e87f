"""Groups of similar images: mark them as different, merge them into the oldest, or delete some."""

import streamlit as st

from core import Images
from core.images import ImageFilter
from core.pluralize import pluralize
from pages.components.shared import cards, image_drawer, media, page, undo
from pages.components.upload import image_deletion

_PAGE_SIZE = 8
_SHOWN, _DECIDED = "duplicates-shown", "duplicates-decided"


def show(project_id: str, chosen: ImageFilter) -> None:
    """Draw the first groups; a group disappears once it is resolved."""
    _undo_notice()
    count = st.session_state.get(_SHOWN, _PAGE_SIZE)
    found = page.services().duplicates.find_groups(project_id, chosen, limit=count)
    if not found.groups:
        st.caption("No similar images found.")
        return
    st.caption(f"{pluralize(found.total, 'group')} of similar images; the oldest image comes first.")
    for group in found.groups:
        _group(group)
    if found.next_cursor is not None and st.button("Show more", icon=":material/expand_more:", key="duplicates-more"):
        st.session_state[_SHOWN] = count + _PAGE_SIZE
        st.rerun()


def _group(group: list[Images]) -> None:
    first = group[0].id
    with st.container(border=True, key=f"duplicates-{first}"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.text(pluralize(len(group), "image"), width="stretch")
            if st.button(
                "Keep all", icon=":material/call_split:", key=f"duplicates-keep-{first}",
                help="They are different images: keep them all and do not report them as similar again.",
            ):  # fmt: skip
                page.services().duplicates.separate([image.id for image in group])
                _decided(group, "marked as different")
            if st.button(
                "Merge", icon=":material/merge:", key=f"duplicates-merge-{first}",
                help="Keep the oldest image, with the questions and entries of all.",
            ):  # fmt: skip
                with page.show_errors():
                    page.services().duplicates.merge([image.id for image in group])
                    _decided(group, "merged into one")
        act = cards.show(
            [_card(image, image.id == first) for image in group],
            key=f"duplicates-cards-{first}",
            label="Similar images",
        )
    if act is not None and act.action == "open":
        image_drawer.show(act.id, [image.id for image in group])
    elif act is not None:
        _delete(act.id)


def _decided(group: list[Images], what: str) -> None:
    st.session_state[_DECIDED] = {"ids": [image.id for image in group], "what": what}
    st.rerun()


def _undo_notice() -> None:
    """Offer to undo the last decision of this session."""
    decided = st.session_state.get(_DECIDED)
    if not decided:
        return
    if undo.offer(f"{pluralize(len(decided['ids']), 'image was', 'images were')} {decided['what']}.", "duplicates"):
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
            "oldest" if is_first else f"added {image.create_at:%Y-%m-%d %H:%M}",
        ),
        actions=(cards.Action("open", "Open", frame=True), cards.Action("delete", "Delete")),
    )


def _delete(image_id: str) -> None:
    """Delete one image; ask first when questions or entries would be deleted with it."""
    counts = page.services().library.count_dependents([image_id])
    if counts.questions or counts.entries:
        image_deletion.ask([image_id])
        return
    image_deletion.delete([image_id])
    st.rerun()
