"""Check: whether the dataset is worth training on; the cards are in ``components/check/groups.py``."""

import streamlit as st

from core.dataset import parse_search
from core.errors import InvalidInputError
from pages.components.check.groups import GROUPS, Group
from pages.components.shared import first_step, later, nothing, page, reviewer_name, saved_views, search_line

project = page.project()
if not page.services().entries.has_entries(project.id):
    page.header("Check")
    first_step.show(project.id, "fact_check", "There is nothing to check yet: this project has no entries.")
    st.stop()

page.header("Check", "What a model would learn from this dataset, measured")
with st.container(horizontal=True, vertical_alignment="center"):
    line = search_line.show("Entries to check", project.id)
    saved_views.show(project.id, reviewer_name.name())
try:
    parse_search(line)
except InvalidInputError as error:
    nothing.refused(line, error)
    st.stop()


def _group(group: Group) -> None:
    st.header(group.title, anchor=False)
    st.caption(group.sentence)
    grid = st.grid(2, min_column_width=380, border=True, key=f"check-cards-{GROUPS.index(group)}")
    for draw, span in zip(group.cards, group.spans, strict=True):
        with grid.cell(column_span=span), page.show_errors():
            draw(project.id, line)


def _below() -> None:
    for group in others:
        _group(group)


first, *others = GROUPS
_group(first)
later.show("check", _below)
