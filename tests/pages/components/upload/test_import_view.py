"""An import on its page: how far it is, what came in last, and taking it off."""

from types import SimpleNamespace
from typing import Any

import pytest
import streamlit as st

from core import Tasks
from core.db import utc_now
from core.tasks import TaskStatus, TaskSummary
from pages.components.shared import cards, task_labels, task_progress
from pages.components.upload import import_forms, import_view
from tests.pages.reading import draw, read
from tests.pages.running import services
from tests.pictures import striped


def summary(total: int, done: int = 0, failed: int = 0, status: str = "running") -> TaskSummary:
    return TaskSummary(
        task=Tasks(id="t", project_id="p", task_type="image-import", status=status, config={}, total_count=total),
        queued=0, running=0, done=done, failed=failed, failures=(), spent=0.0, unpriced_calls=0, maybe_paid_twice=0,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("found", "doing", "percent"),
    [
        (summary(4, 1, 1), None, 50),
        (summary(4, 1, 1), (1.0, "Reading"), 75),
        (summary(4, 4), (1.0, "Reading"), 100),
        (summary(0), None, 0),
    ],
    ids=["items that ended", "with the one that runs", "never more than all", "not planned yet"],
)
def test_the_bar_of_an_import_counts_what_ended_and_what_runs(
    found: TaskSummary, doing: tuple[float, str] | None, percent: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services().engine, "progress", lambda _id: doing)
    monkeypatch.setattr(task_progress, "buttons", lambda _summary: None)
    (bar,) = draw(import_view._progress, found).get("progress")
    assert bar.proto.value == percent


@pytest.mark.parametrize(
    ("status", "result", "now", "said"),
    [
        ("running", "", "", "Reading the first files"),
        ("running", "2 images", "", "2 images"),
        ("running", "2 images", "unpacking", "2 images, unpacking"),
        ("paused", "", "unpacking", "Paused: unpacking"),
    ],
)
def test_an_import_says_what_it_does(
    status: str, result: str, now: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(task_labels, "result", lambda _task: result)
    assert import_view._doing(summary(1, status=status), now) == said


def test_only_images_that_came_in_with_it_are_shown_while_it_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    project = services().projects.create_project("Shelf")
    services().intake.add_images(project.id, [("before.png", striped(1))])
    began = utc_now()
    task = Tasks(project_id=project.id, task_type="image-import", config={}, create_at=began)
    drawn: list[list[str]] = []
    monkeypatch.setattr(cards, "show", lambda shown, **_looks: drawn.append([card.name for card in shown]))
    import_view._newest(task)
    assert drawn == []
    services().intake.add_images(project.id, [("after.png", striped(2))])
    import_view._newest(task)
    assert drawn == [["after.png"]]


@pytest.mark.parametrize(
    ("status", "stays"), [(TaskStatus.RUNNING, True), (TaskStatus.PAUSED, True), (TaskStatus.COMPLETED, False)]
)
def test_an_import_that_has_ended_makes_room_for_the_next(
    status: TaskStatus, stays: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = {"task": "t"}
    monkeypatch.setattr(st, "query_params", address)
    monkeypatch.setattr(services().tasks, "get_task", lambda _id: SimpleNamespace(status=status))
    import_view.close_ended()
    assert ("task" in address) is stays
    address.clear()
    import_view.close_ended()


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("/data/shelf.zip", "/data/shelf.zip"),
        ('"/data/my shelf"', "/data/my shelf"),
        ("file:///data/my%20shelf", "/data/my shelf"),
        ("~nobody-here/shelf", "~nobody-here/shelf"),
    ],
)
def test_a_path_is_read_as_it_is_pasted(text: str, path: str) -> None:
    assert import_forms._as_path(text) == path


@pytest.mark.parametrize(
    ("roots", "is_limited", "ends"),
    [
        ([], False, "It is read where it is; only its images are copied, into the library."),
        (["/data", "/srv"], True, "Allowed: /data, /srv."),
        ([], True, "No directory is allowed yet. Set VITRINE_IMPORT_ROOTS to the directories to allow."),
    ],
)
def test_the_form_of_a_path_says_what_may_be_read(roots: list[str], is_limited: bool, ends: str) -> None:
    assert import_forms._path_help(roots, is_limited=is_limited).replace("\\", "").endswith(ends)


@pytest.mark.parametrize(
    ("text", "label", "is_off"),
    [("", "Import 0 images", True), (" \n ", "Import 0 images", True), ("a\n\n b \n", "Import 2 images", False)],
)
def test_typed_addresses_are_counted_without_empty_lines(text: str, label: str, is_off: bool) -> None:
    source: Any = next(one for one in import_forms._typed_sources() if one.input == "lines")
    at = draw(import_forms._entered, source, "p")
    at.text_area[0].set_value(text).run()
    button = at.button(key=f"import-{source.name}-start")
    assert (button.label, button.disabled) == (label, is_off)
    assert (source.help in read(at)) or not source.help
