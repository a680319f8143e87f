"""Curate: review entries one at a time at the desk, or many at once in a table."""

import streamlit as st

from core.accounts.permissions import Act
from core.dataset import parse_search
from core.errors import InvalidInputError
from pages.components.curate import button_review, desk, empty_queue, own_review, sent_back, team_menu
from pages.components.shared import (
    choice,
    entry_grid,
    entry_table,
    first_step,
    nothing,
    page,
    reviewer_name,
    saved_views,
    search_line,
    similar,
)

VIEWS = ("Desk", "Table", "Grid", "Buttons")

project = page.project()
services = page.services()
if not services.entries.has_entries(project.id):
    page.header("Curate")
    first_step.show(project.id, "checklist", "There is nothing to review yet: this project has no entries.")
    st.stop()

with page.header("Curate"):
    actor = reviewer_name.choose()
    if page.may(Act.REVIEW):
        own_review.menu(project.id, actor)
    if page.may(Act.MANAGE_REVIEW):
        team_menu.menu(project.id, actor)
with st.container(horizontal=True, vertical_alignment="center"):
    line = search_line.show("Filter", project.id, frees_keys=True)
    saved_views.show(project.id, actor)
    views = [name for name in VIEWS if name != "Table" or page.may(Act.WRITE_ENTRIES)]
    view = choice.show("View", views, default="Desk", key="view", in_url=True, shows_label=False, width="content")

try:
    entry_filter = parse_search(line)
    services.entries.find_entries(project.id, entry_filter, limit=1)
except InvalidInputError as error:
    nothing.refused(line, error)
    st.stop()

if view != "Desk":  # the desk counts them itself, while it is used
    sent_back.link(project.id, actor)
if view == "Table":
    entry_table.show(project.id, entry_filter, actor)
elif view == "Grid":
    entry_grid.show(project.id, entry_filter, services.entries.count_entries(project.id, entry_filter))
elif view == "Buttons":
    button_review.show(project.id, entry_filter, actor)
else:
    plan = services.collaboration.review_plan(project.id)
    team_menu.hint(plan, actor)
    if plan.assignment != "all" and not reviewer_name.is_known():
        st.stop()
    empty_queue.explain(project.id, entry_filter, actor)
    chosen = desk.show(project.id, entry_filter, actor, plan)
    if chosen.go and "similar" in chosen.go:
        similar.go(chosen.go["similar"])
    if chosen.go:
        target = chosen.go["to"]
        if target == "export":
            page.go("export")
        if target == "table":
            st.query_params["view"] = "Table"
            st.query_params.pop("q", None)
            st.rerun()
        page.go("curate", **({"q": target} if target else {}))
