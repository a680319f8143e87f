"""What is shown when a search finds no image: which part of it leaves nothing, and the way on."""

import streamlit as st

from core.accounts.permissions import Act
from core.errors import InvalidInputError, VitrineError
from core.images import ImageQuery, parse_image_query
from core.images.image_query import SIMILAR
from core.search_line import EmptyReason
from pages.components.shared import analyze_dialog, nothing, page


def show(project_id: str, query: ImageQuery) -> None:
    """Say which part of the search leaves nothing, and offer the search without it."""
    reason = page.services().image_queries.why_empty(project_id, query)
    is_unknown = reason is not None and _needs_analysis(project_id, reason)
    note = "Words, objects and similar images are found once the images are analyzed." if is_unknown else ""
    nothing.show(reason, query, "image", note=note)


def refused(project_id: str, line: str, error: VitrineError) -> None:
    """Say why a search is refused; where images have no vectors yet, offer the analysis that makes them."""
    nothing.refused(line, error, ImageQuery)
    try:
        lacks_vectors = isinstance(error, InvalidInputError) and bool(parse_image_query(line).values(SIMILAR))
    except VitrineError:
        return
    if lacks_vectors and st.button(
        "Analyze images", icon=":material/image_search:", key="nothing-analyze", **page.only(Act.GENERATE_PAID)
    ):
        analyze_dialog.ask(project_id)


def _needs_analysis(project_id: str, reason: EmptyReason) -> bool:
    about_content = not reason.part.startswith("-") and reason.part.split(":")[0] not in ("name", "source", "added")
    return about_content and not page.services().image_queries.count(project_id, "analyzed:objects")
