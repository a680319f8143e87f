"""Tasks: progress, costs and failures of the tasks of a project."""

import json

import streamlit as st

from core import Tasks, caller
from core.export import ImageVariantTask
from core.export.variant_task import report_lines
from core.tasks import TaskStatus
from core.vision import ImageAnalysisTask
from pages.components.shared import (
    analysis_report,
    first_step,
    moment,
    numbers,
    page,
    project_archive,
    recipe_words,
    task_labels,
    task_progress,
)
from pages.components.shared.numbers import pluralize

_MAX_TASKS = 50


def main() -> None:
    project = page.project()
    tasks = page.services().tasks.list_tasks(project.id, limit=_MAX_TASKS)
    running = sum(task.status == TaskStatus.RUNNING for task in tasks)
    count = pluralize(len(tasks), "task") if len(tasks) < _MAX_TASKS else f"The {_MAX_TASKS} newest tasks"
    page.header("Tasks", (f"{count}, {numbers.text(running)} running" if running else count) if tasks else "")
    health = page.services().engine.health()
    if health.workers == 0:
        st.warning(
            "No worker runs, so tasks wait. Start one with the command vitrine worker.", icon=":material/warning:"
        )
    if health.workers is None and not health.runs_here:
        st.caption(
            "Another Vitrine process runs the tasks of this database. "
            "Those that are started here begin there, or here when it ends."
        )
    if not tasks:
        first_step.show(project.id, "task_alt", "There are no tasks yet.")
        return
    chosen = st.query_params.get("task")
    for task in tasks:
        _row(task, is_open=task.id == chosen or (chosen is None and task is tasks[0]))


def _row(task: Tasks, *, is_open: bool) -> None:
    with st.expander(
        page.escape(task_labels.row(task)), expanded=is_open, icon=f":material/{task_labels.icon(task)}:",
        key=f"task-{task.id}", on_change="rerun",
    ) as row:  # fmt: skip
        if row.open:
            _details(task)


def _details(task: Tasks) -> None:
    task_progress.show(task.id, results=lambda: project_archive.result(page.services().tasks.get_task(task.id)))
    if task.task_type == "image-import":
        page.link("upload", "Files and rows of this import", icon="fact_check", task=task.id)
    if task.task_type == ImageVariantTask.task_type and task.ended_at is not None:
        st.text("\n".join(report_lines(page.services().variants.report(task.id))))
        page.link("upload", "The images with their variants", icon="photo_library")
    if task.task_type == ImageAnalysisTask.task_type and task.ended_at is not None:
        analysis_report.show(task)
    by = "" if task.started_by == caller.LOCAL else f" by {task.started_by}"
    st.caption(page.escape(f"Started {moment.text(task.create_at)}{by}."))
    with st.expander("Recipe", key=f"recipe-{task.id}"):
        _recipe(task)


def _recipe(task: Tasks) -> None:
    """Draw the recipe as words, and as it is stored for who wants to use it again."""
    for name, value in recipe_words.lines(task):
        left, right = st.columns([1, 4])
        left.caption(name)
        right.text(value)
    with st.popover("As JSON", icon=":material/data_object:", key=f"recipe-json-{task.id}"):
        st.code(json.dumps(task.config, ensure_ascii=False, indent=2), language="json")


main()
