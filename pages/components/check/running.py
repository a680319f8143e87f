"""Running a check: its start, its progress on its card, and of when its numbers are."""

from typing import Any

import streamlit as st

from core.checks.service import CheckReport
from core.checks.task import DatasetCheckTask
from core.tasks import TaskStatus
from pages.components.shared import moment, page, task_progress


def start(project_id: str, check: str, query: str, **options: Any) -> None:
    """Start a check of the entries of a search line; its card shows the progress."""
    config = {"check": check, "query": query, "options": options}
    task = page.services().tasks.create_task(project_id, DatasetCheckTask.task_type, config)
    page.services().engine.submit(task.id)
    follow(project_id, check, task.id)


def follow(project_id: str, check: str, task_id: str) -> None:
    """Show the progress of a task on the card of its check from now on."""
    st.session_state[_key(project_id, check)] = task_id
    st.rerun()


def button(project_id: str, check: str, query: str, *, is_first: bool) -> None:
    """Draw the button that starts a check which lets nothing choose."""
    label = "Check" if is_first else "Check again"
    if st.button(label, icon=":material/play_arrow:", key=f"run-{check}"):
        with page.show_errors():
            start(project_id, check, query)


def show(project_id: str, check: str) -> bool:
    """Draw the progress of the check that was started here, unless it has completed; return whether it runs."""
    task_id = st.session_state.get(_key(project_id, check))
    if task_id is None:
        return False
    task = page.services().tasks.get_task(task_id)
    if task.status == TaskStatus.COMPLETED:
        del st.session_state[_key(project_id, check)]
        return False
    task_progress.show(task_id)
    return task_progress.is_active(task)


def of_when(report: CheckReport) -> str:
    """Return of which entries and of when the numbers are."""
    entries = f"entries of {report.query}" if report.query else "all entries that are not rejected"
    return f"Of {moment.text(report.ended_at)}, {entries}."


def _key(project_id: str, check: str) -> str:
    return f"check-task-{check}-{project_id}"
