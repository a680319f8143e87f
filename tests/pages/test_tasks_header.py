"""The Tasks page: how many there are, and who runs them."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
import streamlit as st

from core import Tasks
from core.export import variant_task
from core.tasks import TaskStatus
from pages.components.shared import analysis_report
from tests.pages.reading import read
from tests.pages.running import open_page, services


@pytest.mark.parametrize(
    ("running", "ended", "said"),
    [(0, 1, "1 task"), (1, 1, "2 tasks, 1 running"), (0, 49, "49 tasks"), (0, 50, "The 50 newest tasks")],
)
def test_the_tasks_are_counted_with_those_that_run(running: int, ended: int, said: str) -> None:
    project = services().projects.create_project("Shelf")
    at = open_page("tasks", project.id)  # at its start a server resumes what was interrupted
    with services().db.transaction() as session:
        for number in range(running + ended):
            status = TaskStatus.RUNNING if number < running else TaskStatus.COMPLETED
            session.add(Tasks(project_id=project.id, task_type="image-import", config={}, status=status))
    assert read(at.run())[1] == said


@pytest.mark.parametrize(
    ("workers", "runs_here", "said"),
    [
        (None, True, ""),
        (None, False, "Another Vitrine process runs the tasks of this database. Those that are started here begin "
         "there, or here when it ends."),
        (0, False, "warning: No worker runs, so tasks wait. Start one with the command vitrine worker."),
        (1, False, ""),
    ],
    ids=["this process runs them", "another one does", "no worker", "a worker"],
)  # fmt: skip
def test_who_runs_the_tasks_is_said_where_nobody_does_here(
    workers: int | None, runs_here: bool, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = services().projects.create_project("Shelf")
    health: Any = SimpleNamespace(workers=workers, runs_here=runs_here)
    monkeypatch.setattr(services().engine, "health", lambda: health)
    lines = read(open_page("tasks", project.id))
    told = [line for line in lines if line.startswith(("Another Vitrine", "warning: No worker"))]
    assert told == ([said] if said else [])


@pytest.mark.parametrize(("chosen", "opened"), [("", "a"), ("b", "b"), ("gone", "")])
def test_the_newest_task_is_open_unless_the_address_names_another(chosen: str, opened: str) -> None:
    project = services().projects.create_project("Shelf")
    open_page("tasks", project.id)  # at its start a server resumes what was interrupted
    with services().db.transaction() as session:
        for hour, id_ in enumerate("cba"):
            at = datetime(2026, 5, 1, hour, tzinfo=UTC)
            session.add(
                Tasks(id=id_, project_id=project.id, task_type="work", status=TaskStatus.COMPLETED, create_at=at,
                      started_by="Ada" if id_ == "b" else "local", ended_at=at)
            )  # fmt: skip
    at = open_page("tasks", project.id, **({"task": chosen} if chosen else {}))
    rows = [row for row in at.expander if row.label.startswith("work")]
    assert [row.proto.expanded for row in rows] == [id_ == opened for id_ in "abc"]
    started = [line for line in read(at) if line.startswith("Started ")]
    said = {"a": "Started 2026-05-01 02:00 UTC.", "b": "Started 2026-05-01 01:00 UTC by Ada."}
    assert started == ([said[opened]] if opened else [])


@pytest.mark.parametrize(
    ("kind", "has_ended", "lines"),
    [
        ("image-import", False, ["Files and rows of this import"]),
        ("image-variants", False, []),
        ("image-variants", True, ["2 variants", "The images with their variants"]),
        ("image-analysis", False, []),
        ("image-analysis", True, ["what was found"]),
        ("work", True, []),
    ],
)
def test_a_task_leads_to_what_it_made(
    kind: str, has_ended: bool, lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    project = services().projects.create_project("Shelf")
    open_page("tasks", project.id)  # at its start a server resumes what was interrupted
    at = datetime(2026, 5, 1, tzinfo=UTC) if has_ended else None
    status = TaskStatus.COMPLETED if has_ended else TaskStatus.PAUSED
    with services().db.transaction() as session:
        session.add(Tasks(id="t", project_id=project.id, task_type=kind, config={}, status=status, ended_at=at))
    monkeypatch.setattr(services().variants, "report", lambda _id: None)
    monkeypatch.setattr(variant_task, "report_lines", lambda _report: ["2 variants"])
    monkeypatch.setattr(analysis_report, "show", lambda _task: st.text("what was found"))
    shown = read(open_page("tasks", project.id))
    known = ("Files and rows", "2 variants", "The images with", "what was found")
    found = [line.strip("[").partition(" -> ")[0] for line in shown]
    assert [line for line in found if line.startswith(known)] == lines
