"""What stands around every page: navigation, the project picker, the running task."""

import base64
from copy import copy
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import streamlit as st

from core import app
from pages.components.frame import access
from pages.components.shared import page, run_queue

# Not st.logo, and no page icon here: each would load numpy and Pillow before the first page, a tenth of its time.
# It stands beside the button that closes the sidebar.
_SVG = base64.b64encode((Path(__file__).parents[2] / "assets" / "wordmark.svg").read_bytes()).decode("ascii")
# Images and the review desk need the room that Streamlit leaves around a page of text. A chosen segment is told by
# its border and its ground: the accent as its text would be too dim in the dark.
_FRAME = (
    '<style>[data-testid="stMainBlockContainer"] { padding: 3.5rem 2.5rem 3rem }'
    '[data-testid="stMain"] button[aria-checked="true"] { color: inherit !important }</style>'
    f'<img src="data:image/svg+xml;base64,{_SVG}" alt="Vitrine" width="132" height="32" '
    'style="position: relative; top: -3.3rem; margin-bottom: -3.3rem">'
)
# Everybody's browser asks that often while a task runs; the page of the task itself is more lively.
_REFRESH_S = 5.0


@dataclass(frozen=True)
class Place:
    """A page as the navigation shows it; a new page is one more of these."""

    file: str
    title: str
    icon: str
    group: str

    @property
    def url_path(self) -> str:
        return self.title.lower()


PLACES = (
    Place("upload", "Upload", "upload", "Build"),
    Place("generate", "Generate", "auto_awesome", "Build"),
    Place("curate", "Curate", "checklist", "Build"),
    Place("style", "Style", "palette", "Build"),
    Place("export", "Export", "package_2", "Build"),
    Place("overview", "Overview", "home", "Look"),
    Place("explore", "Explore", "query_stats", "Look"),
    Place("tasks", "Tasks", "progress_activity", "Look"),
    Place("settings", "Settings", "settings", ""),
)


def show() -> None:
    """Draw the frame and run the page that the address asks for."""
    st.set_page_config(page_title="Vitrine", layout="wide")
    pages = {place.file: copy(_page(place)) for place in PLACES}  # each run marks its own as shown
    current = st.navigation(list(pages.values()), position="hidden")
    try:
        with run_queue.turn(), page.errors_in_words():
            access.page_access()
            project_id = page.project_id()
            page.correct_address(current.url_path)
            with st.sidebar:
                _sidebar(pages, project_id)
            if current is not pages["overview"]:  # which is quick to open because it needs few of them
                app.load_rooms()
            current.run()
    finally:
        page.remember_address(current.url_path)
        app.page_was_shown()


@cache
def _page(place: Place) -> "st.Page":
    """Return the page; kept, since Streamlit looks for its file each time."""
    return st.Page(
        f"pages/{place.file}.py",
        title=place.title,
        url_path=place.url_path,
        default=place.file == "overview",
    )


def _sidebar(pages: "dict[str, st.Page]", project_id: str | None) -> None:
    st.html(_FRAME)
    _project_picker(project_id)
    group = None
    for place in PLACES:
        if place.group and place.group != group:
            st.caption(place.group)
        group = place.group
        # The icon stands here and not on the page, whose icon a browser would fetch from a server elsewhere.
        st.page_link(pages[place.file], icon=f":material/{place.icon}:", query_params=page.address(project_id))
    _running_tasks()
    access.who()


def _project_picker(project_id: str | None) -> None:
    projects = page.services().projects.list_projects()
    names = page.told_apart({project.id: project.name for project in projects})
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
    just_read = [active]

    @st.fragment(run_every=_REFRESH_S)
    def line() -> None:
        with run_queue.turn():
            draw()

    def draw() -> None:
        running = just_read.pop() if just_read else page.services().tasks.list_tasks(active_only=True, limit=3)
        if len(running) < len(active):
            st.rerun()
        for task in running:
            share = task.processed_count / task.total_count if task.total_count else 0.0
            st.progress(share, text=page.plain(page.task_label(task)))

    line()
