"""Groups of similar images: mark them as different, merge them into the oldest, or delete some."""

import streamlit as st

from core import Images
from core.accounts.permissions import Act
from core.images import ImageFilter
from core.vision.duplicates import DuplicateGroup, DuplicatePair
from pages.components.images import image_deletion
from pages.components.shared import cards, image_drawer, media, moment, page, sizes, undo
from pages.components.shared.numbers import pluralize

_PAGE_SIZE = 8
_SHOWN, _DECIDED = "duplicates-shown", "duplicates-decided"


def show(project_id: str) -> None:
    """Draw the first groups; a group disappears once it is resolved."""
    _undo_notice()
    count = st.session_state.get(_SHOWN, _PAGE_SIZE)
    with st.spinner("Comparing the vectors of images", show_time=True):
        found = page.services().duplicate_search.find_groups(project_id, ImageFilter(), limit=count)
    if not page.services().analysis.store.has_results(project_id, ("embedding",)):
        st.caption("Found by hash alone. Analyze images for similarity to find crops and mirrored copies too.")
    if not found.groups:
        st.caption("No similar images found.")
        return
    st.caption(f"{pluralize(found.total, 'group')} of similar images; the oldest image comes first.")
    for group in found.groups:
        _group(group)
    if found.next_cursor is not None and st.button("Show more", icon=":material/expand_more:", key="duplicates-more"):
        st.session_state[_SHOWN] = count + _PAGE_SIZE
        st.rerun()


def _group(found: DuplicateGroup) -> None:
    group, first = found.images, found.images[0].id
    names = {image.id: image.image_name for image in group}
    likeness: dict[str, str] = {}
    for pair in found.pairs:
        likeness.setdefault(pair.image_id, f"like {names.get(pair.other_id, 'another')} {_ways(pair)}")
    variants = f", with {pluralize(found.variants, 'variant')}" if found.variants else ""
    with st.container(border=True, key=f"duplicates-{first}"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.text(pluralize(len(group), "image") + variants, width="stretch")
            if st.button(
                "Keep all", icon=":material/call_split:", key=f"duplicates-keep-{first}",
                **page.only(
                    Act.MANAGE_IMAGES,
                    help="They are different images: keep them all and do not report them as similar again.",
                ),
            ):  # fmt: skip
                page.services().duplicates.separate([image.id for image in group])
                _decided(group, "marked as different")
            if st.button(
                "Merge", icon=":material/merge:", key=f"duplicates-merge-{first}",
                **page.only(Act.MANAGE_IMAGES, help="Keep the oldest image, with the questions and entries of all."),
            ):  # fmt: skip
                with page.show_errors():
                    page.services().duplicates.merge([image.id for image in group])
                    _decided(group, "merged into one")
        act = cards.show(
            [_card(image, image.id == first, likeness.get(image.id)) for image in group],
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


def _ways(pair: DuplicatePair) -> str:
    """Return by what a pair was found: "by hash, by vectors (0.987)"."""
    by = {"hash": "by hash", "vectors": f"by vectors ({pair.cosine})"}
    return ", ".join(by[way] for way in pair.ways)


def _card(image: Images, is_first: bool, likeness: str | None) -> cards.Card:
    return cards.Card(
        id=image.id,
        url=media.image_url(image.id, image.sha256),
        name=image.image_name,
        title=image.image_name,
        lines=(
            f"{sizes.pixels(image.width, image.height)}, {sizes.readable(image.size)} {image.format}",
            "oldest" if is_first else f"added {moment.text(image.create_at)}",
            *([likeness] if likeness else []),
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
