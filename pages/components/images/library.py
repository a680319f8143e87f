"""The images that a search line finds, as pages of thumbnails, and the actions on those that are selected."""

from dataclasses import dataclass
from functools import partial

import streamlit as st

from core import Images
from core.images import ImageFilter, ImageQuery
from core.images.image_query import SIMILAR
from pages.components.images import selection
from pages.components.shared import grid, image_drawer, media, numbers, page, similar
from pages.components.shared.numbers import pluralize

PAGE_SIZE = 60
_TRAIL = "images-trail"


def show(project_id: str, query: ImageQuery, sort: str) -> None:
    """Draw one page of the images and what can be done with the selected ones."""
    before, after = _position(f"{project_id} {query} {sort}")
    read = partial(_read, project_id, query, sort, before, after)
    found = page.cached(("images", project_id, query, sort, before, after), read)
    if found is None:
        return
    actions = st.container(horizontal=True, vertical_alignment="center", key="images-actions")
    st.session_state[_TRAIL]["last"] = found.shown.items[-1].id
    action = grid.show(
        found.shown,
        key="images-grid",
        label="Images of this project",
        on_turn=_turn,
        following=found.following,
        selected=selection.selected(),
        epoch=selection.epoch(),
    )
    selection.store(action.selected)
    with actions:
        selection.bar(project_id, query, found.total)
    if action.similar is not None:
        similar.go(action.similar)
    if action.opened is not None:
        image_drawer.show(action.opened, [item.id for item in found.shown.items])


def _position(about: str) -> tuple[int, str | None]:
    """Return the number of images before this page and the cursor after the last of them; a new search starts anew."""
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


def _read(project_id: str, query: ImageQuery, sort: str, before: int, after: str | None) -> _Found | None:
    queries = page.services().image_queries
    found = queries.find(project_id, query, image_filter=ImageFilter(sort=sort), limit=2 * PAGE_SIZE, after=after)
    if not found.items:
        return None
    is_similar = bool(query.values(SIMILAR))
    first_ones = _first_ones(found.items)

    def grid_page(images: list[Images], before: int, *, has_next: bool) -> grid.GridPage:
        return grid.GridPage(
            [
                grid.GridItem(
                    image.id, media.image_url(image.id, image.sha256), image.image_name,
                    f"{numbers.text(found.scores[image.id], 3)} similar" if is_similar else _caption(image, first_ones),
                )
                for image in images
            ],
            where=numbers.span(before + 1, before + len(images), pluralize(found.total, "image")),
            has_previous=before > 0,
            has_next=has_next,
        )  # fmt: skip

    shown, later = found.items[:PAGE_SIZE], found.items[PAGE_SIZE:]
    following = grid_page(later, before + PAGE_SIZE, has_next=found.next_cursor is not None) if later else None
    return _Found(grid_page(shown, before, has_next=bool(later)), following, found.total)


def _first_ones(images: list[Images]) -> dict[str, str]:
    """Return the names of the images that some look like, by id."""
    ids = [image.near_duplicate_of for image in images if image.near_duplicate_of]
    return {image.id: image.image_name for image in page.services().library.get_images(ids)} if ids else {}


def _caption(image: Images, first_ones: dict[str, str]) -> str:
    if image.near_duplicate_of:
        return f"similar to {first_ones.get(image.near_duplicate_of, 'another image')}"
    return image.tags.replace(",", ", ") or f"{numbers.text(image.width)} x {numbers.text(image.height)}"
