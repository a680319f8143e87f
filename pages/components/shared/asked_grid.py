"""The images of a search, each once with all its questions and answers."""

from dataclasses import dataclass
from functools import partial

import streamlit as st

from core import ImageDatasets
from core.dataset import EntryFilter
from core.dataset.by_image import AskedImage
from pages.components.shared import answer_form, grid, image_drawer, media, nothing, numbers, page, similar
from pages.components.shared.grid import GridEntry
from pages.components.shared.numbers import pluralize

PAGE_SIZE = 60
MAX_ENTRIES = 30
"""Of one image; the drawer has the others."""
MAX_CHARS = 1_000
"""Of an answer; a click on it shows the rest."""
_PLACE = "asked-place"


def show(project_id: str, entry_filter: EntryFilter, total: int) -> list[str]:
    """Draw one page of the images and return the ids of the found entries of the selected ones.

    A click on a question opens it, one on the image opens the image. *total* is the number of entries.
    """
    if not total:
        nothing.show(page.services().entries.why_empty(project_id, entry_filter), entry_filter, "entry")
        return []
    cursors = _cursors(f"{project_id} {entry_filter}")
    read = partial(_read, project_id, entry_filter, len(cursors) - 1, cursors[-1], total)
    found = page.cached(("asked", project_id, entry_filter, len(cursors), cursors[-1], total), read)
    action = grid.show(
        found.page, key="asked-grid", label="Images with their questions",
        on_turn=partial(_turn, next_cursor=found.next_cursor),
    )  # fmt: skip
    images = list(found.entries_of)
    if action.similar in found.entries_of:
        similar.go(action.similar)
    if action.opened in found.entries_of:
        image_drawer.show(action.opened, images)
    elif action.opened in found.image_of:
        image_drawer.show(found.image_of[action.opened], images, entry_id=action.opened)
    return [id_ for image_id in action.selected for id_ in found.entries_of.get(image_id, ())]


@dataclass(frozen=True)
class _Found:
    page: grid.GridPage
    entries_of: dict[str, list[str]]
    """The ids of the entries that the search finds, by the id of their image."""
    image_of: dict[str, str]
    """The image's id by the entry's."""
    next_cursor: str | None


def _read(project_id: str, entry_filter: EntryFilter, pages_before: int, after: str, total: int) -> _Found:
    entries = page.services().entries
    found = entries.find_asked_images(project_id, entry_filter, limit=PAGE_SIZE, after=after or None)
    first = pages_before * PAGE_SIZE + 1
    count = pluralize(entries.count_asked_images(project_id, entry_filter), "image")
    shown = grid.GridPage(
        [_item(asked) for asked in found.items],
        where=numbers.span(first, first + len(found.items) - 1, f"{count} with {pluralize(total, 'entry')}"),
        has_previous=pages_before > 0,
        has_next=found.next_cursor is not None,
    )
    entries_of = {asked.image.id: [entry.id for entry in asked.found] for asked in found.items}
    image_of = {entry.id: asked.image.id for asked in found.items for entry in (*asked.found, *asked.others)}
    return _Found(shown, entries_of, image_of, found.next_cursor)


def _item(asked: AskedImage) -> grid.GridItem:
    image = asked.image
    lines = [
        *(_entry(entry) for entry in asked.found),
        *(_entry(entry, quiet=True) for entry in asked.others),
        *(GridEntry("", question, "No answer yet") for question in asked.unanswered),
    ]
    if len(lines) > MAX_ENTRIES:
        lines[MAX_ENTRIES:] = [
            GridEntry("", f"And {numbers.text(len(lines) - MAX_ENTRIES)} more", "Open the image to see all.")
        ]
    return grid.GridItem(image.id, media.image_url(image.id, image.sha256, "thumb"), image.image_name, "", lines)


def _entry(entry: ImageDatasets, *, quiet: bool = False) -> GridEntry:
    answer = answer_form.readable_answer(entry.answer) if entry.answer_type == "label" else entry.answer
    if len(answer) > MAX_CHARS:
        answer = f"{answer[:MAX_CHARS]}…"
    several = f" ({pluralize(len(entry.image_ids), 'image')})" if len(entry.image_ids) > 1 else ""
    return GridEntry(entry.id, entry.question + several, answer or "Empty answer", entry.decision, quiet)


def _turn(direction: str, *, next_cursor: str | None) -> None:
    place = st.session_state[_PLACE]
    if direction == "next" and next_cursor is not None:
        place = {**place, "cursors": [*place["cursors"], next_cursor]}
    elif direction == "previous" and len(place["cursors"]) > 1:
        place = {**place, "cursors": place["cursors"][:-1]}
    st.session_state[_PLACE] = place


def _cursors(about: str) -> list[str]:
    """Return the cursors of the pages up to the current one; a new search starts at the first page."""
    if st.session_state.get(_PLACE, {}).get("about") != about:
        st.session_state[_PLACE] = {"about": about, "cursors": [""]}
    cursors: list[str] = st.session_state[_PLACE]["cursors"]
    return cursors
