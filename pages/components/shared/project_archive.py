"""What came of a task that moves a project: the archive to download, or the project that appeared."""

import streamlit as st

from core import Tasks
from core.errors import NotFoundError
from core.moving import EXPORT_TASK, IMPORT_TASK
from core.tasks import TaskStatus
from pages.components.shared import media, numbers, page
from pages.components.shared.numbers import pluralize


def moves_project(task: Tasks) -> bool:
    """Return whether the task exports or imports a whole project."""
    return task.task_type in (EXPORT_TASK, IMPORT_TASK)


def result(task: Tasks) -> None:
    """Draw the result of a task that moves a project and is completed; nothing for any other."""
    if task.status != TaskStatus.COMPLETED or not moves_project(task):
        return
    (item,) = page.services().tasks.items(task.id)
    if task.task_type == IMPORT_TASK:
        _imported(task, item.result)
    else:
        _exported(task, item.result)


def _exported(task: Tasks, made: dict[str, object]) -> None:
    try:
        page.services().mover.archive_path(task.id)
    except NotFoundError as error:
        st.caption(page.escape(str(error)))
        return
    if missing := int(str(made["missing_images"])):
        st.warning(
            f"{pluralize(missing, 'image')} without a usable file: gone from the disk, or changed there. The archive "
            "has all that is known of them.",
            icon=":material/warning:",
        )
    st.link_button(
        f"Download {_size(int(str(made['size_bytes'])))}", media.project_archive_url(task.id),
        icon=":material/download:", key=f"archive-{task.id}",
    )  # fmt: skip


def _imported(task: Tasks, made: dict[str, object]) -> None:
    refused = made["refused_profiles"]
    if isinstance(refused, list) and refused:
        st.warning(
            page.escape(f"These model profiles cannot be used here and were left out: {', '.join(refused)}."),
            icon=":material/warning:",
        )
    if left_out := int(str(made.get("left_out_vectors", 0))):
        st.warning(
            f"{pluralize(left_out, 'vector')} of images could not be used. Run Analyze images with Similarity to make "
            "them again.",
            icon=":material/warning:",
        )
    if page.project_id() != task.project_id and st.button(
        page.escape(f"Open {made['name']}"), type="primary", icon=":material/folder_open:", key=f"open-{task.id}"
    ):
        page.choose_project(task.project_id)
        st.query_params.pop("task", None)
        st.rerun()


def _size(size_bytes: int) -> str:
    return (
        f"{numbers.text(size_bytes / 1e9, 1)} GB"
        if size_bytes >= 1e9
        else f"{numbers.text(max(size_bytes / 1e6, 0.1), 1)} MB"
    )
