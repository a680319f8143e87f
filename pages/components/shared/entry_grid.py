"""A page of entries as a grid of their images."""

from dataclasses import dataclass
from functools import partial

import streamlit as st

from core import ImageDatasets, Images
from core.dataset import EntryFilter
from pages.components.shared import answer_form, grid, image_drawer, media, nothing, numbers, page, similar

PAGE_SIZE = 60
_CURSORS = "explore-cursors"
_FILTER = "explore-filter"


def show(project_id: str, entry_filter: EntryFilter, total: int) -> list[str]:
    """Draw one page of the entries and return the ids of the selected ones; clicking an entry opens it."""
    if not total:
        nothing.show(page.services().entries.why_empty(project_id, entry_filter), entry_filter, "entry")
        return []
    cursors = _cursors(f"{project_id} {entry_filter}")
    read = partial(_read, project_id, entry_filter, len(cursors) - 1, cursors[-1], total)
    found = page.cached(("results", project_id, entry_filter, len(cursors), cursors[-1], total), read)
    action = grid.show(
        found.page, key="explore-grid", label="Entries", on_turn=partial(_turn, next_cursor=found.next_cursor)
    )
    if action.similar in found.image_of:
        similar.go(found.image_of[action.similar])
    if action.opened in found.image_of:
        image_drawer.show(
            found.image_of[action.opened], list(dict.fromkeys(found.image_of.values())), entry_id=action.opened
        )
    return [id_ for id_ in action.selected if id_ in found.image_of]


@dataclass(frozen=True)
class _Found:
    page: grid.GridPage
    image_of: dict[str, str]
    """The image's id by the entry's."""
    next_cursor: str | None


def _read(project_id: str, entry_filter: EntryFilter, pages_before: int, after: str, total: int) -> _Found:
    entries = page.services().entries
    found = entries.find_entries(project_id, entry_filter, limit=PAGE_SIZE, after=after or None)
    images = entries.images_of(found.items)
    first = pages_before * PAGE_SIZE + 1
    shown = grid.GridPage(
        [_item(entry, images) for entry in found.items],
        where=f"{numbers.text(first)} to {numbers.text(first + len(found.items) - 1)} of {numbers.text(total)}",
        has_previous=pages_before > 0,
        has_next=found.next_cursor is not None,
    )
    return _Found(shown, {entry.id: entry.image_id for entry in found.items}, found.next_cursor)


def _item(entry: ImageDatasets, images: dict[str, Images]) -> grid.GridItem:
    image = images[entry.image_id]
    mark = {"confirmed": "✓ ", "rejected": "✕ "}.get(entry.decision, "")
    url = media.image_url(image.id, image.sha256, "thumb")
    answer = answer_form.readable_answer(entry.answer) if entry.answer_type == "label" else entry.answer
    return grid.GridItem(entry.id, url, mark + entry.question, answer)


def _turn(direction: str, *, next_cursor: str | None) -> None:
    if direction == "next" and next_cursor is not None:
        st.session_state[_CURSORS].append(next_cursor)
    elif direction == "previous" and len(st.session_state[_CURSORS]) > 1:
        st.session_state[_CURSORS].pop()


def _cursors(name: str) -> list[str]:
    """Return the cursors of the pages up to the current one; a new filter starts at the first page."""
    if st.session_state.get(_FILTER) != name:
        st.session_state[_FILTER] = name
        st.session_state[_CURSORS] = [""]
    cursors: list[str] = st.session_state[_CURSORS]
    return cursors
