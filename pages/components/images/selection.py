"""The selected images, and what can be done with them."""

from functools import partial

import streamlit as st

from core.accounts.permissions import Act
from core.dataset import EntryFilter, Term
from core.images import ImageQuery, ImageTerm
from core.search_line import MAX_TERMS
from pages import PAGES
from pages.components.images import image_deletion, make_variants, split_dialog
from pages.components.shared import analyze_dialog, numbers, page, tag_dialog

_SELECTED, _EPOCH = "selected-images", "images-epoch"
# The pages that can continue with the selected images.
_TARGETS = tuple(entry for entry in PAGES if entry.name in {"generate", "style", "export"})


def selected() -> list[str]:
    """Return the ids of the selected images, in the order in which they were selected."""
    return list(st.session_state.get(_SELECTED, []))


def epoch() -> int:
    """Return a number that changes when the selection was replaced here and not in the browser."""
    return int(st.session_state.get(_EPOCH, 0))


def store(ids: list[str]) -> None:
    """Keep what was selected in the browser."""
    st.session_state[_SELECTED] = ids


def replace(ids: list[str]) -> None:
    """Select these images and no others."""
    store(ids)
    st.session_state[_EPOCH] = epoch() + 1


_HINT = "Click an image to open it; M finds more like it. Select with the corner, Space, or Shift and the arrows."


def bar(project_id: str, query: ImageQuery, total: int, *, hint: str = _HINT) -> None:
    """Draw the number of selected images and the actions on them; *hint* says how to select while none is."""
    chosen = selected()
    if not chosen:
        st.caption(hint)
        if st.button(f"Select all {numbers.text(total)}", key="images-select-all-first", type="tertiary"):
            _select_all(project_id, query)
        if st.button(
            "Analyze images", icon=":material/image_search:", key="images-analyze-all", **page.only(Act.GENERATE_PAID)
        ):
            analyze_dialog.ask(project_id, filtered=_filtered(project_id, query))
        return
    st.text(f"{numbers.text(len(chosen))} selected")
    if len(chosen) < total and st.button(f"Select all {numbers.text(total)}", key="images-select-all"):
        _select_all(project_id, query)
    if st.button("Clear selection", key="images-clear"):
        replace([])
        st.rerun()
    _search(project_id, chosen)
    for target in _TARGETS:
        if st.button(
            target.label,
            icon=f":material/{target.icon}:",
            key=f"images-to-{target.name}",
            **page.only(target.act or Act.READ),
        ):
            page.go(target.name)
    if st.button(
        "Make variants", icon=":material/auto_awesome_motion:", key="images-variants", **page.only(Act.MANAGE_IMAGES)
    ):
        make_variants.ask(project_id, chosen)
    if st.button("Analyze", icon=":material/image_search:", key="images-analyze", **page.only(Act.GENERATE_PAID)):
        analyze_dialog.ask(project_id, selected=chosen, filtered=_filtered(project_id, query))
    if st.button("Tag", icon=":material/label:", key="images-tag", **page.only(Act.MANAGE_IMAGES)):
        tag_dialog.ask(project_id, chosen)
    if st.button("Split", icon=":material/call_split:", key="images-split", **page.only(Act.MANAGE_IMAGES)):
        split_dialog.ask(project_id, chosen)
    if st.button("Delete", icon=":material/delete:", key="images-delete", **page.only(Act.MANAGE_IMAGES)):
        image_deletion.ask(chosen, after=partial(replace, []))


def _search(project_id: str, chosen: list[str]) -> None:
    """Draw the buttons that search for the selected images, and for the entries about them."""
    is_long = len(chosen) > MAX_TERMS
    tags_them = f"A search line holds {MAX_TERMS} images: these get a tag, which is searched"
    if st.button(
        "Search", icon=":material/search:", key="images-search",
        **page.only(
            Act.MANAGE_IMAGES if is_long else Act.READ,
            help=tags_them if is_long else "These images as a search, in an address that others can open",
        ),
    ):  # fmt: skip
        if is_long:
            tag_dialog.ask(project_id, chosen, searches=True)
        else:
            page.go("images", q=str(ImageQuery(tuple(ImageTerm("id", id_) for id_ in chosen))))
    about = f"A search line holds {MAX_TERMS} images: select fewer" if is_long else "The entries about these images"
    if st.button("Explore", icon=":material/query_stats:", key="images-to-explore", disabled=is_long, help=about):
        page.go("explore", q=str(EntryFilter(tuple(Term("image", id_) for id_ in chosen))))


def _filtered(project_id: str, query: ImageQuery) -> list[str] | None:
    """Return the ids of the images that match the query; None when it matches all."""
    return None if query == ImageQuery() else page.services().image_queries.find_ids(project_id, query)


def _select_all(project_id: str, query: ImageQuery) -> None:
    replace(page.services().image_queries.find_ids(project_id, query))
    st.rerun()
