"""Explore: search the dataset, see how its entries are distributed, and filter by clicking bars."""

import streamlit as st

from core.dataset import parse_search
from core.errors import InvalidInputError
from pages.components.explore import boards, results
from pages.components.shared import first_step, nothing, page, reviewer_name, saved_views, search_line, tabs

project = page.project()
entries = page.services().entries
if not entries.has_entries(project.id):
    page.header("Explore")
    first_step.show(project.id, "query_stats", "There is nothing to explore yet: this project has no entries.")
    st.stop()

actions = page.header("Explore")
with st.container(horizontal=True, vertical_alignment="center"):
    line = search_line.show("Search", project.id)
    saved_views.show(project.id, reviewer_name.name())
try:
    entry_filter = parse_search(line)
    total = entries.count_entries(project.id, entry_filter)
except InvalidInputError as error:
    nothing.refused(line, error)
    st.stop()

left, right = st.container(key="with-facets").columns([3, 8], gap="medium")
selected: list[str] = []
with right:
    tabs.show(
        {
            "Results": lambda: selected.extend(results.show(project.id, entry_filter, total, reviewer_name.name())),
            "Balance": lambda: boards.balance(project.id, entry_filter),
            "Quality": lambda: boards.quality(project.id, entry_filter),
            "Agreement": lambda: boards.agreement(project.id, entry_filter),
        }
    )
with left:
    boards.facets(project.id, entry_filter, total)
with actions:
    results.next_steps(project.id, entry_filter, total, selected, reviewer_name.name())
