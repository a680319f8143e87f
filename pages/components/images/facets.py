"""The facets of the images: bars with counts that are filters."""

import streamlit as st

from core.images import ImageQuery, ImageTerm, parse_image_query
from core.search_line import Facet
from pages.components.shared import facet_bars, page, search_line


def show(project_id: str, query: ImageQuery) -> None:
    """Draw how many of the images have each object, word, tag, quality and so on; a click filters by it."""
    groups = [_group(facet, query) for facet in page.services().image_queries.facets(project_id, query)]
    if not groups:
        st.caption("These images do not differ in any of the counted fields.")
    facet_bars.show(groups, key="image-facets", on_toggle=_toggle)


def _group(facet: Facet, query: ImageQuery) -> facet_bars.Group:
    bars = [
        facet_bars.Bar(value.label, value.count, str(ImageQuery((term,))), term in query.terms)
        for value in facet.values
        for term in [ImageTerm(facet.field, value.value)]
    ]
    return facet_bars.Group(facet.label, bars)


def _toggle(line: str) -> None:
    query = parse_image_query(st.session_state[search_line.KEY] or "")
    st.session_state[search_line.KEY] = str(query.toggled_all(parse_image_query(line)))
