"""The images that were added last; all of them are on the Images page."""

from functools import partial

import streamlit as st

from core.images import ImageFilter
from pages.components.shared import grid, image_drawer, media, numbers, page, similar
from pages.components.shared.numbers import pluralize

COUNT = 24


def show(project_id: str) -> None:
    """Draw the newest images, and the way to all of them."""
    found = page.cached(("recent", project_id), partial(_read, project_id))
    if found is None:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="recent-header"):
        st.header("Added last", anchor=False)
        page.link("images", "All images", icon="photo_library")
    action = grid.show(found, key="recent-grid", label="Images added last", on_turn=lambda _: None, selectable=False)
    if action.similar is not None:
        similar.go(action.similar)
    if action.opened is not None:
        image_drawer.show(action.opened, [item.id for item in found.items])


def _read(project_id: str) -> grid.GridPage | None:
    found = page.services().library.find_images(project_id, ImageFilter(), limit=COUNT)
    items = [
        grid.GridItem(
            image.id,
            media.image_url(image.id, image.sha256),
            image.image_name,
            f"{numbers.text(image.width)} x {numbers.text(image.height)}",
        )
        for image in found.items
    ]
    where = f"The newest {numbers.text(len(items))} of {pluralize(found.total, 'image')}" if found.total > COUNT else ""
    return grid.GridPage(items, where=where, has_previous=False, has_next=False) if items else None
