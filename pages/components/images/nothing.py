"""What is shown when a search finds no image: which part of it leaves nothing, and the way on."""

import streamlit as st

from core.images import ImageQuery, parse_image_query
from core.images.queries import EmptyReason
from core.pluralize import pluralize
from pages.components.shared import page, search_line


def show(project_id: str, query: ImageQuery) -> None:
    """Say which part of the search leaves nothing, and offer the search without it."""
    reason = page.services().image_queries.why_empty(project_id, query)
    if reason is None:
        st.text("No image matches this search.")
        return
    with st.container(border=True, key="images-nothing"):
        st.text(_sentence(reason))
        if _needs_analysis(project_id, reason):
            st.caption("Words, objects and similar images are found once the images were analyzed.")
        with st.container(horizontal=True):
            if reason.instead is not None:
                better = query.minus(parse_image_query(reason.part)).toggled_all(parse_image_query(reason.instead))
                label = f"Search for {page.escape(reason.instead)}"
                st.button(label, key="images-instead", on_click=_replace, args=(str(better),))
            rest = query.minus(parse_image_query(reason.part))
            label = f"Remove {page.escape(reason.part)}"
            st.button(label, key="images-remove-part", on_click=_replace, args=(str(rest),))


def _sentence(reason: EmptyReason) -> str:
    if not reason.alone:
        return f"No image has {reason.part}."
    return (
        f"No image has all of this. {reason.part} alone finds {pluralize(reason.alone, 'image')}, "
        f"the rest {pluralize(reason.without, 'image')}."
    )


def _needs_analysis(project_id: str, reason: EmptyReason) -> bool:
    about_content = not reason.part.startswith("-") and reason.part.split(":")[0] not in ("name", "source", "added")
    return about_content and not page.services().image_queries.count(project_id, "analyzed:objects")


def _replace(line: str) -> None:
    st.session_state[search_line.KEY] = line
