"""The frame around every page: navigation, project picker, running tasks."""

import base64
from copy import copy
from functools import cache
from pathlib import Path

import streamlit as st

import pages
from core.runtime import runtime
from pages import PAGES, PageEntry
from pages.components.frame import access
from pages.components.shared import page, run_queue, task_labels
from pages.components.shared.streamlit_private import MAIN, MAIN_BLOCK

# Not st.logo, and no page icon here: each loads numpy and Pillow before the first page, a tenth of its time.
# The wordmark is placed beside the button that closes the sidebar.
_SVG = base64.b64encode((Path(pages.__file__).parent / "assets" / "wordmark.svg").read_bytes()).decode("ascii")
# Images and the review desk need the margins that Streamlit leaves around a page of text. The selected segment of a
# control shows by its border and background: the accent as its text color has too little contrast in the dark theme.
_FRAME = (
    f"<style>{MAIN_BLOCK} {{ padding: 3.5rem 2.5rem 3rem }}"
    f'{MAIN} button[aria-checked="true"] {{ color: inherit !important }}</style>'
    f'<img src="data:image/svg+xml;base64,{_SVG}" alt="Vitrine" width="132" height="32" '
    'style="position: relative; top: -3.3rem; margin-bottom: -3.3rem">'
)
# Every open browser polls at this rate while a task runs; the page of a task refreshes faster.
_REFRESH_S = 5.0


def show() -> None:
    """Draw the frame and run the page of the URL."""
    st.set_page_config(page_title="Vitrine", layout="wide")
    drawn = {entry.name: copy(_page(entry)) for entry in PAGES}  # copies, because each run marks the current page
    current = st.navigation(list(drawn.values()), position="hidden")
    try:
        with run_queue.page_run(), page.show_errors():
            access.require_access()
            project_id = page.project_id()
            page.sync_url(current.url_path)
            with st.sidebar:
                _sidebar(drawn, project_id)
            current.run()
    finally:
        page.store_query_parameters(current.url_path)
        runtime.warm_up.page_was_shown()


@cache
def _page(entry: PageEntry) -> "st.Page":
    """Return the page; cached, because Streamlit looks up its file each time."""
    return st.Page(
        entry.file, title=entry.label, url_path=entry.url_path or entry.name, default=entry.name == pages.DEFAULT
    )


def _sidebar(drawn: "dict[str, st.Page]", project_id: str | None) -> None:
    st.html(_FRAME)
    _project_picker(project_id)
    group = None
    for entry in PAGES:
        if entry.group and entry.group != group:
            st.caption(entry.group)
        group = entry.group
        # The icon is set on the link and not on the page: browsers would fetch a page's icon from another server.
        query = page.query_params(project_id)
        st.page_link(drawn[entry.name], icon=f":material/{entry.icon}:", query_params=query)
    _running_tasks()
    access.sign_in_status()


def _project_picker(project_id: str | None) -> None:
    projects = page.services().projects.list_projects()
    names = page.unique_labels({project.id: project.name for project in projects})
    if not names:
        return
    st.selectbox(
        "Project",
        list(names),
        index=list(names).index(project_id) if project_id in names else None,
        format_func=lambda id_: names.get(id_, ""),
        placeholder="Choose a project",
        key=f"project-picker-{project_id}",
        on_change=_choose,
        args=(f"project-picker-{project_id}",),
    )


def _choose(key: str) -> None:
    page.choose_project(st.session_state[key])


def _running_tasks() -> None:
    active = page.services().tasks.list_tasks(active_only=True, limit=3)
    if not active:
        return
    first_draw = [active]

    @st.fragment(run_every=_REFRESH_S)
    def progress() -> None:
        with run_queue.page_run():
            draw()

    def draw() -> None:
        running = first_draw.pop() if first_draw else page.services().tasks.list_tasks(active_only=True, limit=3)
        if len(running) < len(active):
            st.rerun()
        for task in running:
            share = task.processed_count / task.total_count if task.total_count else 0.0
            st.progress(share, text=page.escape(task_labels.label(task)))

    progress()
