"""The view Map of the images page: the map with what it needs, laying it out and analyzing images."""

from typing import Any, Literal

import streamlit as st

from core.accounts.permissions import Act
from core.images import ImageQuery
from core.vision.map.service import MapState
from core.vision.map.task import ImageMapTask
from pages.components.images import map as image_map
from pages.components.images import selection
from pages.components.shared import image_drawer, moment, page, task_progress
from pages.components.shared.numbers import pluralize

_ANALYSIS = "image-analysis"
_HINT = "Click a point to open its image. Select with the lasso, or with Space the image at the cross."


def show(project_id: str, query: ImageQuery, total: int) -> None:
    """Draw the map of a project, and the actions on what is selected; what *query* does not find is dimmed."""
    state = page.services().map.state(project_id)
    if state.wants_layout and not state.was_stopped and page.may(Act.RUN_CHECKS, project_id):
        _start(project_id, ImageMapTask.task_type, {})
    analysis = _open_analysis(project_id)
    if not state.has_vectors:
        _without_vectors(project_id, state, analysis)
        return
    if state.open_task_id is not None:
        task_progress.show(state.open_task_id)
    _about(project_id, state, analysis)
    if state.made_at is None:
        return
    actions = st.container(horizontal=True, vertical_alignment="center", key="map-actions")
    action = image_map.show(
        project_id, state, key="image-map", query=str(query), selected=selection.selected(), epoch=selection.epoch()
    )
    selection.store(action.selected)
    with actions:
        selection.bar(project_id, query, total, hint=_HINT)
    if action.opened is not None:
        image_drawer.show(action.opened, [action.opened])


def _about(project_id: str, state: MapState, analysis: str | None) -> None:
    """Draw of when the map is, what is not on it, and the buttons for both."""
    with st.container(horizontal=True, vertical_alignment="center", key="map-about"):
        parts = [f"Map of {moment.text(state.made_at)}" if state.made_at else "The map is not laid out yet"]
        if state.placed:
            added = pluralize(state.placed, "image")
            parts.append(f"{added} added or changed since, placed beside the most similar ones")
        if state.without_vector:
            parts.append(f"{pluralize(state.without_vector, 'image')} not analyzed yet, so not on it")
        st.caption(". ".join(parts) + ".")
        if state.open_task_id is None and (state.placed or state.made_at is None):
            label = "Lay out again" if state.made_at else "Lay out the map"
            if st.button(
                label, icon=":material/scatter_plot:", key="map-lay-out", **page.only(Act.RUN_CHECKS, project_id)
            ):
                _start(project_id, ImageMapTask.task_type, {})
        if state.without_vector and analysis is None:
            _analyze_button(project_id, state)
    if analysis is not None:
        task_progress.show(analysis)


def _without_vectors(project_id: str, state: MapState, analysis: str | None) -> None:
    with st.container(border=True, horizontal_alignment="center", key="map-empty"):
        st.space("small")
        st.markdown(":material/scatter_plot:", text_alignment="center")
        sentence = "The map puts similar images near each other. They are measured first, on this machine."
        st.markdown(sentence, text_alignment="center")
        if analysis is None:
            _analyze_button(project_id, state)
        st.space("small")
    if analysis is not None:
        task_progress.show(analysis)


def _analyze_button(project_id: str, state: MapState) -> None:
    label = f"Analyze {pluralize(state.without_vector, 'image')}"
    kind: Literal["primary", "secondary"] = "secondary" if state.has_vectors else "primary"
    if st.button(
        label, icon=":material/troubleshoot:", key="map-analyze", type=kind, **page.only(Act.GENERATE_PAID, project_id)
    ):
        _start(project_id, _ANALYSIS, {"analyzers": ["embedding"]})


def _open_analysis(project_id: str) -> str | None:
    active = page.services().tasks.list_tasks(project_id, active_only=True)
    return next((task.id for task in active if task.task_type == _ANALYSIS), None)


def _start(project_id: str, task_type: str, config: dict[str, Any]) -> None:
    with page.show_errors():
        task = page.services().tasks.create_task(project_id, task_type, config)
        page.services().engine.submit(task.id)
        st.rerun()
