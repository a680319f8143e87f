"""Curate: one entry, one decision; or many of them in a table."""

import streamlit as st

from core.dataset import parse_search
from core.errors import InvalidInputError
from pages.components import curate_plain, curate_table, desk, page

VIEWS = ("Desk", "Table", "Plain controls")

project = page.project()
dataset = page.services().dataset
if not dataset.count_entries(project.id, parse_search("")):
    page.header("Curate")
    page.empty_state(
        "checklist", "Nothing waits for review yet: this project has no entries.", "generate", "Generate some"
    )
    st.stop()

with page.header("Curate"):
    view = st.segmented_control(
        "View", VIEWS, default="Desk", key="view", bind="query-params",
        label_visibility="collapsed", required=True, selection_mode="single",
    )  # fmt: skip

left, right = st.columns([6, 1], vertical_alignment="bottom")
line = left.text_input(
    "Filter", key="q", bind="query-params", label_visibility="collapsed", icon=":material/filter_list:",
    placeholder="Words, or fields such as kind:count score:<3 tag:draft doubtful:yes",
)  # fmt: skip
with right.popover(st.session_state.get("person") or "Your name", width="stretch", icon=":material/person:"):
    st.text_input("Your name, for the history of each entry", key="person", persist_state="session", max_chars=60)
actor = (st.session_state.get("person") or "").strip() or "local"

try:
    entry_filter = parse_search(line)
    page.services().dataset.find_entries(project.id, entry_filter, limit=1)
except InvalidInputError as error:
    st.error(str(error), icon=":material/error:")
    st.stop()

if view == "Table":
    curate_table.show(project.id, entry_filter, actor)
elif view == "Plain controls":
    curate_plain.show(project.id, entry_filter, actor)
else:
    name = str(entry_filter) or "Everything that is open"
    chosen = desk.show(project.id, str(entry_filter), name, actor)
    if chosen.go:
        target = chosen.go["to"]
        if target == "export":
            page.go("export")
        page.go("curate", **({"view": "Table"} if target == "table" else {"q": target} if target else {}))
