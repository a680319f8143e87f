"""What is shown of a task that moves a project."""

from typing import Any

import pytest
import streamlit as st

from core import Tasks
from core.tasks import TaskStatus
from core.tasks.service import TaskService
from pages.components.shared import page, project_archive
from tests.pages.running import services


@pytest.mark.parametrize(
    ("size_bytes", "words"),
    [(1, "0.1 MB"), (100_000, "0.1 MB"), (2_540_000, "2.5 MB"), (999_900_000, "999.9 MB"), (10**9, "1.0 GB")],
)
def test_a_size_is_at_least_a_tenth_of_a_megabyte(size_bytes: int, words: str) -> None:
    assert project_archive._size(size_bytes) == words


def shown(monkeypatch: pytest.MonkeyPatch, task: Tasks, result: dict[str, Any]) -> list[str]:
    """Return the warnings and buttons that are drawn for a task whose item has *result*."""
    drawn: list[str] = []

    class Item:
        pass

    Item.result = result  # type: ignore[attr-defined]
    monkeypatch.setattr(TaskService, "items", lambda *_, **__: [Item])
    monkeypatch.setattr(type(services().mover), "archive_path", lambda *_: None)
    monkeypatch.setattr(st, "warning", lambda text, **_: drawn.append(text))
    monkeypatch.setattr(st, "link_button", lambda label, *_, **__: drawn.append(label))
    monkeypatch.setattr(st, "button", lambda label, **_: drawn.append(label))
    monkeypatch.setattr(page, "project_id", lambda: "open")
    project_archive.result(task)
    return drawn


def task(kind: str, status: TaskStatus = TaskStatus.COMPLETED, project_id: str = "other") -> Tasks:
    return Tasks(project_id=project_id, task_type=kind, status=status)


def test_an_archive_is_offered_with_its_size_and_what_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    made = {"missing_images": 0, "size_bytes": 3_000_000}
    assert shown(monkeypatch, task("project-export"), made) == ["Download 3.0 MB"]
    warning, button = shown(monkeypatch, task("project-export"), made | {"missing_images": 2})
    assert warning.startswith("2 images without a usable file")
    assert button == "Download 3.0 MB"


def test_a_project_that_appeared_is_offered_unless_it_is_open(monkeypatch: pytest.MonkeyPatch) -> None:
    made = {"refused_profiles": [], "name": "Shelf"}
    assert shown(monkeypatch, task("project-import"), made) == ["Open Shelf"]
    assert shown(monkeypatch, task("project-import", project_id="open"), made) == []
    warning, _ = shown(monkeypatch, task("project-import"), made | {"refused_profiles": ["a", "b"]})
    assert warning == "These model profiles cannot be used here and were left out\\: a, b\\."


@pytest.mark.parametrize(
    ("kind", "status"), [("project-export", TaskStatus.RUNNING), ("image-import", TaskStatus.COMPLETED)]
)
def test_a_task_that_runs_or_moves_no_project_has_no_result_here(
    kind: str, status: TaskStatus, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert shown(monkeypatch, task(kind, status), {}) == []
