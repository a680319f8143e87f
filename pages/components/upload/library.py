"""The images of a project: filters, which the URL stores, pages of thumbnails, and actions on a selection."""

from dataclasses import dataclass, replace
from functools import partial

import streamlit as st

from core import Images
from core.images import ImageFilter
from core.measure import COLOR_NAMES
from core.pluralize import pluralize
from pages import PAGES
from pages.components.shared import grid, image_drawer, media, page
from pages.components.upload import duplicates, image_deletion, make_variants

PAGE_SIZE = 60

_SORTS = {
    "newest": "Newest first", "oldest": "Oldest first", "name": "By name", "largest": "Largest file first",
    "blurred": "Least sharp first",
}  # fmt: skip
_STATUSES = {
    "no-questions": "No questions", "questions": "Has questions", "no-entries": "No entries", "entries": "Has entries",
}  # fmt: skip
# The pages that can continue with the selected images.
_TARGETS = tuple(entry for entry in PAGES if entry.name in {"generate", "style", "export"})
_TRAIL, _EPOCH, _SELECTED = "library-trail", "library-epoch", "selected-images"


def show(project_id: str) -> None:
    """Draw the filters, the thumbnails, and the actions on the selected images."""
    image_deletion.undo_notice()
    chosen = _filters()
    if chosen.near_duplicates:
        duplicates.show(project_id, chosen)
        return
    before, after = _position(project_id, chosen)
    read = partial(_read, project_id, chosen, before, after)
    found = page.cached(("library", project_id, chosen, before, after), read)
    if found is None:
        st.caption("No image matches these filters." if chosen != ImageFilter() else "No images yet.")
        return
    actions = st.container(horizontal=True, vertical_alignment="center", key="library-actions")
    action = _thumbnails(found)
    st.session_state[_SELECTED] = action.selected
    with actions:
        _selection_bar(project_id, chosen, found.total)
    if action.opened is not None:
        image_drawer.show(action.opened, [item.id for item in found.shown.items])


def _filters() -> ImageFilter:
    with st.container(horizontal=True, vertical_alignment="bottom", key="library-filters"):
        name = st.text_input(
            "Name", key="name", bind="query-params", type="search", placeholder="Part of the name", width=220
        )
        holds = _choice("Status", "holds", _STATUSES)
        format_ = _choice("Format", "format", {"JPEG": "JPEG", "PNG": "PNG", "WEBP": "WebP"})
        color = _choice("Color", "color", {name: name.capitalize() for name in COLOR_NAMES})
        orientation = _choice(
            "Shape", "orientation", {name: name.capitalize() for name in ("landscape", "portrait", "square")}
        )
        sort = st.selectbox(
            "Order", list(_SORTS), format_func=_SORTS.__getitem__, key="sort", bind="query-params", width=170
        )
        with st.popover("More", icon=":material/tune:"):
            tag = st.text_input("Tag", key="tag", bind="query-params")
            duplicates = st.toggle("Similar to another image", key="alike", bind="query-params")
            low, high = st.select_slider(
                "Longer side, px", _SIDES, value=(_SIDES[0], _SIDES[-1]), key="side", bind="query-params",
                format_func=lambda side: "any" if side == _SIDES[-1] else f"{side:,}",
            )  # fmt: skip
            added_from = st.date_input("Added from", None, key="from", bind="query-params", format="YYYY-MM-DD")
            added_to = st.date_input("Added until", None, key="until", bind="query-params", format="YYYY-MM-DD")
    return ImageFilter(
        name=name or "", tag=tag or "", format=format_, color=color, orientation=orientation, has=holds,
        near_duplicates=duplicates, min_side_px=low, max_side_px=0 if high == _SIDES[-1] else high,
        sort=sort or "newest",
        added_from=added_from.isoformat() if added_from else "", added_to=added_to.isoformat() if added_to else "",
    )  # fmt: skip


_SIDES = (0, 256, 512, 1024, 2048, 4096, 100_000)


def _choice(label: str, key: str, options: dict[str, str]) -> str:
    chosen = st.selectbox(
        label, list(options), index=None, format_func=options.__getitem__, key=key, bind="query-params",
        placeholder="Any", width=112,
    )  # fmt: skip
    return chosen or ""


def _position(project_id: str, chosen: ImageFilter) -> tuple[int, str | None]:
    """Return the number of images before this page and the cursor after the last of them.

    New filters start at the first page.
    """
    about = f"{project_id} {chosen}"
    trail = st.session_state.get(_TRAIL)
    if trail is None or trail["about"] != about:
        trail = st.session_state[_TRAIL] = {"about": about, "after": []}
    return len(trail["after"]) * PAGE_SIZE, trail["after"][-1] if trail["after"] else None


def _turn(direction: str) -> None:
    trail = st.session_state[_TRAIL]
    after = [*trail["after"], trail["last"]] if direction == "next" else trail["after"][:-1]
    st.session_state[_TRAIL] = {**trail, "after": after}


@dataclass(frozen=True)
class _Found:
    """A page of thumbnails and the next one, whose images the browser prefetches."""

    shown: grid.GridPage
    following: grid.GridPage | None
    total: int


def _read(project_id: str, chosen: ImageFilter, before: int, after: str | None) -> _Found | None:
    library = page.services().library
    found = library.find_images(project_id, chosen, limit=2 * PAGE_SIZE, after=after)
    if not found.items:
        return None
    shown, next_items = found.items[:PAGE_SIZE], found.items[PAGE_SIZE:]
    duplicates = [image.near_duplicate_of for image in found.items if image.near_duplicate_of]
    first_ones = {image.id: image.image_name for image in library.get_images(duplicates)} if duplicates else {}

    def grid_page(images: list[Images], before: int, *, has_next: bool) -> grid.GridPage:
        return grid.GridPage(
            [
                grid.GridItem(
                    image.id, media.image_url(image.id, image.sha256), image.image_name, _caption(image, first_ones)
                )
                for image in images
            ],
            where=f"{before + 1:,} to {before + len(images):,} of {pluralize(found.total, 'image')}",
            has_previous=before > 0,
            has_next=has_next,
        )

    following = (
        grid_page(next_items, before + PAGE_SIZE, has_next=found.next_cursor is not None) if next_items else None
    )
    return _Found(grid_page(shown, before, has_next=bool(next_items)), following, found.total)


def _thumbnails(found: _Found) -> grid.GridAction:
    st.session_state[_TRAIL]["last"] = found.shown.items[-1].id
    return grid.show(
        found.shown,
        key="library-grid",
        label="Images of this project",
        on_turn=_turn,
        following=found.following,
        selected=st.session_state.get(_SELECTED, []),
        epoch=st.session_state.setdefault(_EPOCH, 0),
    )


def _caption(image: Images, first_ones: dict[str, str]) -> str:
    if image.near_duplicate_of:
        return f"similar to {first_ones.get(image.near_duplicate_of, 'another image')}"
    return image.tags.replace(",", ", ") or f"{image.width:,} x {image.height:,}"


def _select(ids: list[str]) -> None:
    st.session_state[_SELECTED] = ids
    st.session_state[_EPOCH] = st.session_state.get(_EPOCH, 0) + 1


def _selection_bar(project_id: str, chosen: ImageFilter, total: int) -> None:
    selected = st.session_state[_SELECTED]
    if not selected:
        st.caption("Click an image to open it. Select images with their corner, Space, or Shift and the arrow keys.")
        return
    st.text(f"{len(selected):,} selected")
    if len(selected) < total and st.button(f"Select all {total:,}", key="library-select-all"):
        _select(page.services().library.find_image_ids(project_id, replace(chosen, sort="oldest")))
        st.rerun()
    if st.button("Clear selection", key="library-clear"):
        _select([])
        st.rerun()
    for target in _TARGETS:
        if st.button(target.label, icon=f":material/{target.icon}:", key=f"library-to-{target.name}"):
            page.go(target.name)
    if st.button("Make variants", icon=":material/auto_awesome_motion:", key="library-variants"):
        make_variants.ask(project_id, selected)
    if st.button("Tag", icon=":material/label:", key="library-tag"):
        _tag(selected)
    if st.button("Delete", icon=":material/delete:", key="library-delete"):
        image_deletion.ask(selected, after=lambda: _select([]))


@st.dialog("Tag images")
def _tag(selected: list[str]) -> None:
    tags = st.text_input("Tags", key="library-tag-words", placeholder="front, daylight")
    if st.button(f"Tag {pluralize(len(selected), 'image')}", type="primary", key="library-tag-confirm"):
        with page.show_errors():
            page.services().library.tag_images(selected, tags.split(","))
            st.rerun()
