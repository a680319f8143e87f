"""The entries that were found, as a grid of their images."""

import streamlit as st

from core import ImageDatasets, Images
from core.dataset import EntryFilter
from pages.components import grid, image_drawer, media, page

PAGE_SIZE = 60
_CURSORS = "explore-cursors"
_FOR = "explore-for"


def show(project_id: str, entry_filter: EntryFilter, total: int) -> None:
    """Draw one page of the results; an entry opens its image with everything known of it."""
    if not total:
        st.text("No entry meets this search. Take a word or a field away.")
        return
    cursors = _cursors(f"{project_id} {entry_filter}")
    dataset = page.services().dataset
    found = dataset.find_entries(project_id, entry_filter, limit=PAGE_SIZE, after=cursors[-1] or None)
    images = dataset.images_of(found.items)
    first = (len(cursors) - 1) * PAGE_SIZE + 1
    action = grid.show(
        [_item(entry, images) for entry in found.items],
        key="explore-grid",
        label="Entries",
        where=f"{first:,} to {first + len(found.items) - 1:,} of {total:,}",
        has_previous=len(cursors) > 1,
        has_next=found.next_cursor is not None,
    )
    _follow(action, found.next_cursor, {entry.id: entry.image_id for entry in found.items})


def _item(entry: ImageDatasets, images: dict[str, Images]) -> grid.GridItem:
    image = images[entry.image_id]
    mark = {"confirmed": "✓ ", "rejected": "✕ "}.get(entry.decision, "")
    url = media.image_url(image.id, image.sha256, "thumb")
    return grid.GridItem(entry.id, url, mark + entry.question, entry.answer)


def _follow(action: grid.GridAction, next_cursor: str | None, image_of: dict[str, str]) -> None:
    if action.opened in image_of:
        image_drawer.show(image_of[action.opened], list(dict.fromkeys(image_of.values())))
    elif action.turn == "next" and next_cursor is not None:
        st.session_state[_CURSORS].append(next_cursor)
        st.rerun()
    elif action.turn == "previous" and len(st.session_state[_CURSORS]) > 1:
        st.session_state[_CURSORS].pop()
        st.rerun()


def _cursors(name: str) -> list[str]:
    """Return where the pages gone through began; another search begins at the first one."""
    if st.session_state.get(_FOR) != name:
        st.session_state[_FOR] = name
        st.session_state[_CURSORS] = [""]
    cursors: list[str] = st.session_state[_CURSORS]
    return cursors
