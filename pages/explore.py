"""Explore: what is in the dataset, by words and by bars that are filters."""

import streamlit as st

from core.dataset import EntryFilter, parse_search
from core.errors import InvalidInputError
from pages.components import explore_boards, explore_results, page, search_line

project = page.project()
dataset = page.services().dataset
if not dataset.find_entries(project.id, EntryFilter(), limit=1).items:
    page.header("Explore")
    page.empty_state(
        "query_stats", "There is nothing to explore yet: this project has no entries.", "generate", "Generate some"
    )
    st.stop()

actions = page.header("Explore")
with st.container(horizontal=True, vertical_alignment="bottom"):
    line = search_line.show("Search", project.id)
    search_line.views(project.id)
try:
    entry_filter = parse_search(line)
    total = dataset.count_entries(project.id, entry_filter)
except InvalidInputError as error:
    st.error(page.plain(str(error)), icon=":material/error:")
    st.stop()

with actions:
    if st.button(f"Review {total:,}", type="primary", key="review", disabled=not total, help="Open them at the desk"):
        page.go("curate", q=str(entry_filter))

left, right = st.columns([3, 8], gap="medium")
with right:
    results, balance, quality = st.tabs(["Results", "Balance", "Quality"], key="explore-tab", on_change="rerun")
    if results.open:
        with results:
            explore_results.show(project.id, entry_filter, total)
    if balance.open:
        with balance:
            explore_boards.balance(project.id, entry_filter)
    if quality.open:
        with quality:
            explore_boards.quality(project.id, entry_filter)
with left:
    explore_boards.facets(project.id, entry_filter)
