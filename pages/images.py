"""Images: search what the pictures show, see how they are distributed, and continue with some of them."""

import streamlit as st

from core.accounts.permissions import Act
from core.errors import VitrineError
from core.images.image_query import FIELDS, SIMILAR, ImageQuery, parse_image_query
from pages.components.images import (
    duplicates,
    facets,
    image_deletion,
    library,
    map_view,
    nothing,
    overlap,
    split_dialog,
)
from pages.components.shared import choice, numbers, page, search_line, tag_dialog

_SEARCHED = search_line.Searched(
    FIELDS, "a dog on the beach, object:dog>=2, text:stop, -tag:draft, or drop an image", "images",
    (
        ("a dog on the beach", "images that show it, the best first"),
        ("object:dog", "images in which a dog was found"),
        ("object:dog>=2", "images with two dogs or more"),
        ("text:stop", "images with the word stop in them"),
        ("questions:no", "images without a question"),
        ("-tag:draft", "images without the tag draft"),
        ("quality:blurred", "images that are not sharp"),
        ("side:<640", "images whose longer side is under 640 px"),
        ("alike:yes", "images that look like another, by hash"),
        ("name:beach added:2026-05", "images with beach in their name, added in a month"),
    ),
    takes_images=True,
)  # fmt: skip
_SORTS = {
    "newest": "Newest first", "oldest": "Oldest first", "name": "By name", "largest": "Largest file first",
    "blurred": "Least sharp first",
}  # fmt: skip
_GRID, _MAP = "Grid", "Map"
# What shows something of the whole project, whatever is searched.
_OF_PROJECT = {"Look-alikes": duplicates.show, "In a test set": overlap.show}


def main() -> None:
    project = page.project()
    count = page.services().images.get_project_image_stats(project.id)["total_images"]
    if not count:
        page.header("Images")
        page.empty_state("photo_library", "This project has no images yet.", "upload", "Add images", act=Act.IMPORT)
        return
    page.header("Images", _state(project.id, count))
    image_deletion.undo_notice()
    tag_dialog.undo_notice()
    split_dialog.undo_notice()
    line = search_line.show("Search the images", project.id, _SEARCHED)
    try:
        query = parse_image_query(line)
        total = page.services().image_queries.count(project.id, query)
    except VitrineError as error:
        nothing.refused(project.id, line, error)
        return
    for image_id in query.values(SIMILAR):
        st.caption(f"Images like {page.escape(page.services().image_queries.similar_name(image_id) or 'another')}")
    with st.container(horizontal=True, vertical_alignment="center", key="images-toolbar"):
        view = choice.show(
            "View", (_GRID, _MAP, *_OF_PROJECT), default=_GRID, key="as", in_url=True, shows_label=False,
            width="content",
        )  # fmt: skip
        if view in _OF_PROJECT:
            st.caption("Of the whole project; the search does not narrow it." if query else "Of the whole project")
        else:
            with_facets = st.toggle("Facets", True, key="facets", bind="query-params")
            sort = _sort(query) if view == _GRID else "newest"  # the map has no order
    if view in _OF_PROJECT:
        _OF_PROJECT[view](project.id)
        return
    left, right = _columns() if with_facets else (None, st.container())
    with right:
        if not total:
            nothing.show(project.id, query)
        elif view == _MAP:
            map_view.show(project.id, query, total)
        else:
            library.show(project.id, query, sort)
    if left is not None and total:
        with left:
            facets.show(project.id, query)


def _columns() -> "tuple[st.delta_generator.DeltaGenerator, st.delta_generator.DeltaGenerator]":
    facets_place, found = st.container(key="with-facets").columns([3, 9], gap="medium")
    return facets_place, found


def _sort(query: ImageQuery) -> str:
    """Draw the choice of an order; what words or a similar image find is ordered by how well it fits."""
    if query.is_ranked:
        st.caption("Best first")
        return "newest"
    return st.selectbox(
        "Order", list(_SORTS), format_func=_SORTS.__getitem__, key="sort", bind="query-params", width=190,
        label_visibility="collapsed",
    )  # fmt: skip


def _state(project_id: str, count: int) -> str:
    analyzed = page.services().image_queries.count(project_id, "analyzed:objects")
    known = (
        "objects not looked for yet"
        if not analyzed
        else f"objects looked for in {'all' if analyzed == count else analyzed}"
    )
    return f"{numbers.text(count)} {'image' if count == 1 else 'images'}, {known}"


main()
