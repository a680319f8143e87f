"""Comparing the project with a test set: where that is, the newest comparison, and what both have."""

import csv
import io
from itertools import islice

import streamlit as st

from core import Tasks
from core.accounts.permissions import Act
from core.importing.received import receive
from core.overlap.project_side import Overlap
from core.overlap.task import TASK_TYPE
from core.tasks import TaskSummary
from core.tasks.service import ENDED
from pages.components.shared import media, numbers, page, task_progress, undo
from pages.components.shared.numbers import pluralize

_LEFT_OUT = "overlap-left-out"
_TAG = "in-test-set"
_MAX_SHOWN = 500
_WAYS = {
    "bytes": "same file", "hash": "looks the same", "vectors": "similar", "text": "same question",
    "words": "nearly the same question",
}  # fmt: skip


def show(project_id: str) -> None:
    """Draw the form and the newest comparison."""
    if page.may(Act.RUN_CHECKS, project_id):
        _form(project_id)
    _undo_notice(project_id)
    newest = next((task for task in page.services().tasks.list_tasks(project_id) if task.task_type == TASK_TYPE), None)
    if newest is not None:
        task_progress.show_live(newest.id, _draw)


def _form(project_id: str) -> None:
    st.caption(
        "Is any of this in your test set? Images are compared by content and likeness, questions by their text. "
        "The set is a folder, ZIP, export, table or hash file, and is not imported."
    )
    with st.container(key="overlap-form"):
        left, right = st.columns(2, vertical_alignment="top")
        path = left.text_input("Path on the server", key="overlap-path", placeholder="/srv/test-set")
        kinds = ["zip", "jsonl", "json", "csv", "parquet", "tar"]
        sent = right.file_uploader("Or a file", key="overlap-file", type=kinds)
        if st.button("Compare", icon=":material/compare:", type="primary", key="overlap-start"):
            with page.show_errors():
                services = page.services()
                config = {"path": path.strip()}
                if sent is None:
                    context = services.intake.import_context
                    context.resolve(config["path"], in_roots=not context.allows_every_path)
                else:
                    _, stored = receive(services.uploads, services.db.settings, project_id, [(sent.name, sent)])
                    config = {"path": stored, "name": sent.name}
                task = services.tasks.create_task(project_id, TASK_TYPE, config)
                services.engine.submit(task.id)
                st.rerun()
    url = f"{media.base_path()}/api/projects/{project_id}/hashes"
    st.caption(f"[Download the hash file of this project]({url}): others compare with it without the images.")


def _draw(summary: TaskSummary) -> None:
    task = summary.task
    if task.status not in ENDED:
        done = summary.done + summary.failed
        st.progress(
            done / max(task.total_count, 1),
            f"Comparing: {numbers.text(done)} of {numbers.text(task.total_count)} parts",
        )
        if st.button("Cancel", key="overlap-cancel", **page.only(Act.MANAGE_TASKS)):
            page.services().tasks.cancel(task.id)
            st.rerun()
        return
    found = list(page.services().overlaps.overlaps(task.id))
    st.header(_sentence(task, found), anchor=False)
    _problems(task.id)
    task_progress.failures(summary)
    if found:
        _actions(task, found)
        shown = [(_WAYS[one.way], one.name, one.found_in, one.score) for one in found[:_MAX_SHOWN]]
        st.dataframe(
            [dict(zip(("Found by", "In this project", "In the test set", "Score"), row, strict=True)) for row in shown],
            hide_index=True, key="overlap-table",
        )  # fmt: skip


def _sentence(task: Tasks, found: list[Overlap]) -> str:
    images = len({one.image_id for one in found if one.image_id})
    questions = sum(not one.image_id for one in found)
    images_there, questions_there = task.result.get("images", 0), task.result.get("questions", 0)
    compared = f"{pluralize(images_there, 'image')} and {pluralize(questions_there, 'question')}"
    if not found:
        return f"Nothing of this project is in the test set ({compared} compared)."
    found_ones = f"{pluralize(images, 'image')} and {pluralize(questions, 'question')}"
    return f"{found_ones} are in the test set, which has {compared}."


def _problems(task_id: str) -> None:
    rows = list(islice(page.services().overlaps.problems(task_id), _MAX_SHOWN))
    if rows:
        with st.expander(f"{pluralize(len(rows), 'remark')} about files that were not compared"):
            st.dataframe([{"Name": row["name"], "Why": row["reason"]} for row in rows], hide_index=True)


def _actions(task: Tasks, found: list[Overlap]) -> None:
    services = page.services()
    with st.container(horizontal=True, vertical_alignment="center", key="overlap-actions"):
        with_questions = st.toggle("Also by question", key="overlap-with-questions")
        if st.button(
            "Leave out of exports", icon=":material/block:", key="overlap-leave-out",
            **page.only(
                Act.WRITE_ENTRIES,
                help="Tags the entries with leave-out. Exports leave them out until the tag is taken off.",
            ),
        ):  # fmt: skip
            done = services.overlaps.leave_out(task.id, with_questions=with_questions)
            st.session_state[_LEFT_OUT] = {"batch": done.batch_id, "count": done.changed}
            st.rerun()
        image_ids = services.overlaps.image_ids(task.id)
        if image_ids and st.button(
            "Tag the images",
            icon=":material/label:",
            key="overlap-tag",
            **page.only(Act.MANAGE_IMAGES, help=f"Then search tag:{_TAG}."),
        ):
            services.library.tag_images(image_ids, [_TAG])
            st.rerun()
        st.download_button("CSV", lambda: _csv(found), "overlaps.csv", "text/csv", icon=":material/download:")


def _csv(found: list[Overlap]) -> bytes:
    from core.spreadsheet import without_formula

    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(Overlap._fields)
    writer.writerows([without_formula(str(value)) for value in one] for one in found)
    return buffer.getvalue().encode("utf-8", "replace")


def _undo_notice(project_id: str) -> None:
    left_out = st.session_state.get(_LEFT_OUT)
    if not left_out:
        return
    if undo.offer(f"{pluralize(left_out['count'], 'entry')} left out of exports.", "overlap"):
        del st.session_state[_LEFT_OUT]
        with page.show_errors():
            page.services().review.undo(project_id, batch_id=left_out["batch"])
            st.rerun()
