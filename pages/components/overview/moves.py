"""Exporting a whole project and importing one: the dialog, and the task while it runs."""

from typing import TYPE_CHECKING

import streamlit as st

from core import Projects, Tasks
from core.accounts.roles import Role
from core.errors import NotFoundError
from core.lazy import LazyModule
from core.moving import EXPORT_TASK, IMPORT_TASK
from core.runtime import runtime
from core.tasks.service import ENDED
from pages.components.overview import archive_file
from pages.components.shared import page, task_labels, visitor

if TYPE_CHECKING:
    from pages.components.shared import project_archive, task_progress
else:
    project_archive = LazyModule("pages.components.shared.project_archive")
    task_progress = LazyModule("pages.components.shared.task_progress")


def export(project: Projects) -> None:
    """Start writing the archive of a project, and show its task."""
    with page.show_errors():
        _open(page.services().tasks.create_task(project.id, EXPORT_TASK))


@st.dialog("Import a project")
def import_dialog() -> None:
    st.text(
        "Choose an archive that Export project made. The project comes with its images, questions, entries, history "
        "and style datasets, beside the projects that are here."
    )
    upload_id = archive_file.show()
    with st.form("project-archive-path", border=False):
        path = st.text_input("Or a path on this server", placeholder="/srv/archives/shelf.zip")
        is_pressed = st.form_submit_button("Import from the path")
    with page.show_errors():
        if upload_id is not None:
            _open(_owned(page.services().project_imports.from_upload(upload_id)))
        elif is_pressed:
            is_limited = not page.services().intake.import_context.allows_every_path
            _open(_owned(page.services().project_imports.from_path(path.strip(), in_roots=is_limited)))


def _owned(task: Tasks) -> Tasks:
    """Make the visitor the owner of the project that is imported."""
    if account_id := visitor.actor().account_id:
        runtime.services.memberships.set_role(task.project_id, account_id, Role.OWNER)
    return task


def show_import() -> None:
    """Draw the task of the page's address if it imports a project."""
    task = _task()
    if task is not None and task.task_type == IMPORT_TASK:
        _show(task)


def show_export(project: Projects) -> None:
    """Draw the task of the page's address if it exports the project."""
    task = _task()
    if task is not None and task.task_type == EXPORT_TASK and task.project_id == project.id:
        _show(task)


def _show(task: Tasks) -> None:
    with page.show_errors(), st.container(border=True, key="moving-task"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.header(page.escape(task_labels.name(task)), anchor=False, width="stretch")
            if task.status in ENDED and st.button("Close", icon=":material/close:", key="moving-close"):
                st.query_params.pop("task", None)
                st.rerun()
        task_progress.show(task.id, results=lambda: project_archive.result(page.services().tasks.get_task(task.id)))


def _task() -> Tasks | None:
    task_id = st.query_params.get("task")
    try:
        task = page.services().tasks.get_task(task_id) if task_id else None
    except NotFoundError:
        return None
    return task


def _open(task: Tasks) -> None:
    page.services().engine.submit(task.id)
    st.query_params["task"] = task.id
    st.rerun()
