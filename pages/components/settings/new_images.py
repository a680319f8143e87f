"""The switch of a project: which analyzers run for every new image."""

import streamlit as st

from core.vision.analyzers import analyzers
from pages.components.shared import page


def show() -> None:
    """Draw the switch of each analyzer that asks no model."""
    project_id = page.project_id()
    if project_id is None:
        st.caption("The switch belongs to a project. Open a project first.")
        return
    services = page.services()
    project = services.projects.get_project(project_id)
    st.text(f"Project: {project.name}")
    st.caption("Switched on, an analyzer runs for every image that is added, as a task. Nothing leaves this machine.")
    on = {name for name in project.analyzers.split(",") if name}
    offered = [one for one in analyzers().values() if not one.needs_model]
    tools = services.analysis.tools()
    chosen = []
    for one in offered:
        missing = one.missing(tools)
        is_on = st.toggle(one.label, one.name in on, key=f"new-images-{project_id}-{one.name}", help=one.help)
        if missing:
            st.caption(page.escape(missing))
        if is_on:
            chosen.append(one.name)
    if set(chosen) != on:
        with page.show_errors():
            services.projects.set_analyzers(project_id, chosen)
            services.analyze_new_images(project_id)
