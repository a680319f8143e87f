"""Moving whole projects from Overview: what starts it, whose the new project is, and whose task is shown."""

from types import SimpleNamespace
from typing import Any

import pytest
import streamlit as st

from core.errors import NotFoundError
from core.moving import EXPORT_TASK, IMPORT_TASK
from core.runtime import runtime
from core.tasks import TaskStatus
from pages.components.overview import archive_file, moves
from pages.components.shared import task_labels, visitor
from tests.pages.reading import draw, read
from tests.pages.running import services

PROJECT: Any = SimpleNamespace(id="p")
SHOWN = ["name of t", "progress of t"]


def of_task(monkeypatch: pytest.MonkeyPatch, **changed: Any) -> None:
    task = SimpleNamespace(**{"id": "t", "task_type": EXPORT_TASK, "project_id": "p", "status": TaskStatus.RUNNING}
                           | changed)  # fmt: skip

    def get_task(task_id: str) -> Any:
        if task_id != "t":
            raise NotFoundError("No such task.")
        return task

    monkeypatch.setattr(services().tasks, "get_task", get_task)
    monkeypatch.setattr(task_labels, "name", lambda task: f"name of {task.id}")
    progress = SimpleNamespace(show=lambda id_, results: st.text(f"progress of {id_}"))
    monkeypatch.setattr(moves, "task_progress", progress)


def shown(part: Any, task_id: str, *arguments: Any) -> list[str]:
    def script() -> None:
        if task_id:
            st.query_params["task"] = task_id
        part(*arguments)

    return read(draw(script))


@pytest.mark.parametrize(
    ("changed", "exports", "imports"),
    [
        ({}, True, False),
        ({"project_id": "other"}, False, False),
        ({"task_type": IMPORT_TASK}, False, True),
        ({"task_type": "image-export"}, False, False),
    ],
    ids=["an export", "of another project", "an import", "another task"],
)
def test_the_task_of_the_address_is_shown_if_it_moves_this_project(
    changed: dict[str, Any], exports: bool, imports: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_task(monkeypatch, **changed)
    assert shown(moves.show_export, "t", PROJECT) == (SHOWN if exports else [])
    assert shown(moves.show_import, "t") == (SHOWN if imports else [])
    for task_id in ("", "gone"):
        assert shown(moves.show_export, task_id, PROJECT) == shown(moves.show_import, task_id) == []


@pytest.mark.parametrize(("status", "closes"), [(TaskStatus.COMPLETED, True), (TaskStatus.RUNNING, False)])
def test_only_a_move_that_has_ended_can_be_closed(
    status: TaskStatus, closes: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_task(monkeypatch, status=status)
    assert ("[Close]" in shown(moves.show_export, "t", PROJECT)) is closes


@pytest.mark.parametrize("account_id", [None, "a"])
def test_who_imports_a_project_with_an_account_owns_it(account_id: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    owners: list[tuple[str, ...]] = []
    monkeypatch.setattr(visitor, "actor", lambda: SimpleNamespace(account_id=account_id))
    monkeypatch.setattr(runtime.services.memberships, "set_role", lambda *of: owners.append(of))
    moves._owned(SimpleNamespace(project_id="p"))  # type: ignore[arg-type]
    assert owners == ([("p", "a", "owner")] if account_id else [])


@pytest.mark.parametrize("allows_every_path", [True, False])
def test_an_archive_is_taken_from_the_upload_or_else_from_the_path(
    allows_every_path: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[Any] = []
    uploaded: list[str | None] = [None]
    imports = SimpleNamespace(
        from_upload=lambda id_: done.append(id_), from_path=lambda path, *, in_roots: done.append((path, in_roots))
    )
    monkeypatch.setattr(services(), "project_imports", imports)
    context = SimpleNamespace(allows_every_path=allows_every_path)
    monkeypatch.setattr(services(), "intake", SimpleNamespace(import_context=context))
    monkeypatch.setattr(moves, "_owned", lambda task: task)
    monkeypatch.setattr(moves, "_open", lambda _task: None)
    monkeypatch.setattr(archive_file, "show", lambda: uploaded[0])
    at = draw(moves.import_dialog)
    assert done == []
    at.text_input[0].set_value(" /srv/shelf.zip ")
    at.button[0].click().run()
    uploaded[0] = "u"
    at.run()
    assert done == [("/srv/shelf.zip", not allows_every_path), "u"]
