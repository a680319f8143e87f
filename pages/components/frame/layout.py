"""The frame around every page: navigation, project picker, running tasks."""

import base64
from copy import copy
from functools import cache
from pathlib import Path

import streamlit as st

import pages
from core import Tasks
from core.errors import VitrineError
from core.lazy import lazy_import
from core.runtime import runtime
from pages import PAGES, PageEntry
from pages.components.frame import access, landing, low_disk, own_account, tab_title, tour
from pages.components.shared import numbers, page, run_queue, shown_once, task_labels, visitor

# Not st.logo, and no page icon here: each loads numpy and Pillow before the first page, a tenth of its time.
# The wordmark is placed beside the button that closes the sidebar.
_SVG = base64.b64encode((Path(pages.__file__).parent / "assets" / "wordmark.svg").read_bytes()).decode("ascii")
_CSS = (Path(pages.__file__).parent / "assets" / "frame.css").read_text(encoding="utf-8")
# Home.py sends the style before the first paint as well; here it is for a page that Streamlit has answered itself.
_FRAME = (
    f"<style>{_CSS}</style>"
    f'<img src="data:image/svg+xml;base64,{_SVG}" alt="Vitrine" width="132" height="32" '
    'style="position: relative; top: -3.3rem; margin-bottom: -3.3rem">'
)
# Every open browser polls at this rate while a task runs; the page of a task refreshes faster.
_REFRESH_S = 5.0
_MAX_VIEWS = 8
# Read before those of other projects are left out.
_MAX_RUNNING = 100


def show() -> None:
    """Draw the frame and run the page of the URL."""
    st.set_page_config(page_title="Vitrine", layout="wide")
    drawn = {entry.name: copy(_page(entry)) for entry in PAGES}  # copies, because each run marks the current page
    current = st.navigation(list(drawn.values()), position="hidden")
    try:
        with run_queue.page_run(), page.show_errors():
            actor = access.require_access()
            page.act_as_visitor(actor)
            shown_once.forget_others(_entry(current.url_path).name)
            project_id = page.project_id() if actor.is_admin else landing.project_of(actor)
            page.sync_url(current.url_path)
            if not actor.is_admin:
                landing.lead(actor, current.url_path, project_id)
            with st.sidebar:
                _sidebar(drawn, _entry(current.url_path), project_id)
                own_account.show(actor)
                access.sign_in_status()
            low_disk.warn(actor)
            if actor.is_admin or landing.is_allowed(_entry(current.url_path), project_id):
                if current.url_path:
                    lazy_import("core.rooms")  # by one thread, before the script of the page imports some of them
                tour.show(project_id)
                current.run()
            else:
                landing.refuse(_entry(current.url_path))
    finally:
        page.store_query_parameters(current.url_path)
        runtime.warm_up.page_was_shown()


@cache
def _page(entry: PageEntry) -> "st.Page":
    """Return the page; cached, because Streamlit looks up its file each time."""
    return st.Page(
        entry.file, title=entry.label, url_path=entry.url_path or entry.name, default=entry.name == pages.DEFAULT
    )


def _entry(url_path: str) -> PageEntry:
    return next(entry for entry in PAGES if entry.url_path == url_path)


def _sidebar(drawn: "dict[str, st.Page]", entry_shown: PageEntry, project_id: str | None) -> None:
    st.html(_FRAME)
    tab_title.show(entry_shown, project_id, _project_picker(project_id))
    group = None
    for entry in landing.allowed(PAGES, project_id):
        if entry.needs_accounts and not visitor.has_accounts():
            continue
        if entry.group and entry.group != group:
            st.caption(entry.group)
        group = entry.group
        # The icon is set on the link and not on the page: browsers would fetch a page's icon from another server.
        query = page.query_params(project_id)
        st.page_link(drawn[entry.name], icon=f":material/{entry.icon}:", query_params=query)
    if project_id is not None and "explore" in drawn:
        _saved_views(drawn["explore"], project_id)
    _running_tasks()


def _saved_views(explore: "st.Page", project_id: str) -> None:
    """Draw the saved searches of the project, each as a link to its entries."""
    try:
        views = page.services().collaboration.saved_views(project_id)
    except VitrineError:  # the page says why the project cannot be opened
        return
    if not views:
        return
    st.caption("Views")
    with st.container(key="saved-views"):
        for view in views[:_MAX_VIEWS]:
            query = page.query_params(project_id, q=view.query)
            st.page_link(explore, label=page.escape(view.name), icon=":material/bookmark:", query_params=query)
    if len(views) > _MAX_VIEWS:
        st.caption(f"{numbers.text(len(views) - _MAX_VIEWS)} more under Views on Explore")


def _project_picker(project_id: str | None) -> dict[str, str]:
    """Draw the choice of projects, and return their names by id."""
    projects = page.services().projects.list_projects(visitor.visible_projects())
    names = page.unique_labels({project.id: project.name for project in projects})
    if not names:
        return names
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
    return names


def _choose(key: str) -> None:
    page.choose_project(st.session_state[key])


def _active_tasks() -> list[Tasks]:
    """Return running tasks of the projects that the visitor sees."""
    visible = visitor.visible_projects()
    found = runtime.services.tasks.list_tasks(active_only=True, limit=3 if visible is None else _MAX_RUNNING)
    return [task for task in found if visible is None or task.project_id in visible][:3]


def _running_tasks() -> None:
    active = _active_tasks()
    if not active:
        return
    first_draw = [active]

    @st.fragment(run_every=_REFRESH_S)
    def progress() -> None:
        with run_queue.page_run():
            draw()

    def draw() -> None:
        running = first_draw.pop() if first_draw else _active_tasks()
        if len(running) < len(active):
            st.rerun()
        for task in running:
            doing = page.services().engine.progress(task.id) or (0.0, "")
            share = min((task.processed_count + doing[0]) / task.total_count, 1.0) if task.total_count else 0.0
            st.progress(share, text=page.escape(task_labels.label(task)))

    progress()
