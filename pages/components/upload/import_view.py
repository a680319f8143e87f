"""An import while it runs, and its report: what came in, and each file or row that did not."""

from itertools import islice

import streamlit as st

from core import Tasks
from core.images import ImageFilter
from core.importing.outcomes import iter_rows, outcomes_of_task
from core.tasks import TaskStatus, TaskSummary
from core.tasks.service import ENDED
from pages.components.shared import cards, media, page, task_labels, task_progress
from pages.components.upload import import_outcomes

_NEWEST = 12


def show(task_id: str) -> None:
    """Draw the import; it continues in the background when the page is closed."""
    with page.show_errors(), st.container(border=True, key="upload-task"):
        task = page.services().tasks.get_task(task_id)
        with st.container(horizontal=True, vertical_alignment="center"):
            about = task_labels.subject(task)
            title = f"Import of {about}" if about else "Import"
            st.header(page.escape(title), anchor=False, width="stretch")
            if task.status in ENDED and st.button("Close", icon=":material/close:", key="import-close"):
                close()
                st.rerun()
        task_progress.show_live(task_id, _draw)


def close() -> None:
    """Take the import off the page: what comes next has its own report."""
    st.query_params.pop("task", None)


def close_ended() -> None:
    """Take the import off the page if it has ended."""
    task_id = st.query_params.get("task")
    if task_id and page.services().tasks.get_task(task_id).status in ENDED:
        close()


def _draw(summary: TaskSummary) -> None:
    task = summary.task
    found = outcomes_of_task(task)
    if task.status in ENDED:
        rows = list(islice(iter_rows(page.services().db, task.id), import_outcomes.MAX_ROWS))
        found = outcomes_of_task(task, rows)
    else:
        _progress(summary)
        _newest(task)
    if task.status in ENDED and task_progress.is_active(task):
        st.caption("The files that were begun still come in.")
    if task.note:
        st.info(page.escape(task.note), icon=":material/info:")
    csv_url = f"{media.base_path()}/api/tasks/{task.id}/outcomes?format=csv"
    import_outcomes.show_import(found, csv_url, has_ended=task.status in ENDED)
    task_progress.failures(summary)


def _progress(summary: TaskSummary) -> None:
    task, doing = summary.task, page.services().engine.progress(summary.task.id)
    ended = summary.done + summary.failed + (doing[0] if doing else 0.0)
    share = min(ended / task.total_count, 1.0) if task.total_count else 0.0
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(share, text=page.escape(_doing(summary, doing[1] if doing else "")))
        task_progress.buttons(summary)


def _newest(task: Tasks) -> None:
    """Draw the images that came in last."""
    found = page.services().library.find_images(task.project_id, ImageFilter(sort="newest"), limit=_NEWEST)
    shown = [image for image in found.items if image.create_at >= task.create_at]
    if shown:
        cards.show(
            [cards.Card(image.id, media.image_url(image.id, image.sha256), image.image_name) for image in shown],
            key="import-newest", label="Images that came in last", min_width_px=84, fit="cover",
        )  # fmt: skip


def _doing(summary: TaskSummary, now: str) -> str:
    """Return what came in so far, in words."""
    text = ", ".join(part for part in (task_labels.result(summary.task), now) if part) or "Reading the first files"
    return f"Paused: {text}" if summary.task.status == TaskStatus.PAUSED else text
