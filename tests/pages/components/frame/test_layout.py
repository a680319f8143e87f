import shutil
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from core import Tasks
from core.tasks import TaskStatus
from pages import PAGES
from tests.pages.running import open_page, services


def sidebar(at: AppTest) -> list[str]:
    """Return the groups and links of the navigation from top to bottom."""
    shown = []
    for element in at.sidebar:
        if element.type == "caption":
            shown.append(f"- {element.value}")
        elif element.type == "page_link":
            shown.append(element.proto.label)
    return shown


def test_the_navigation_names_each_group_once_above_its_pages() -> None:
    assert sidebar(open_page("overview"))[: len(PAGES) + 1] == [
        "- Build", "Upload", "Images", "Generate", "Curate", "Check", "Style", "Export",
        "- Look", "Overview", "Explore", "Tasks",
        "Settings",
    ]  # fmt: skip


def test_the_picker_shows_the_open_project_and_opens_another_one() -> None:
    assert not open_page("overview").sidebar.selectbox
    shelf, table = (services().projects.create_project(name) for name in ("Shelf", "Table"))
    at = open_page("overview", table.id)
    [picker] = at.sidebar.selectbox
    assert picker.value == table.id
    assert sorted(picker.options) == ["Shelf", "Table"]

    picker.set_value(shelf.id).run()
    assert at.query_params["project"] in (shelf.id, [shelf.id])
    assert open_page("overview").sidebar.selectbox[0].value is None


def test_running_tasks_show_how_far_they_are() -> None:
    project = services().projects.create_project("Shelf")
    with services().db.transaction() as session:
        for done, total, status in (
            (1, 4, TaskStatus.RUNNING),
            (0, 0, TaskStatus.QUEUED),
            (2, 2, TaskStatus.COMPLETED),
        ):
            session.add(
                Tasks(project_id=project.id, task_type="image-question-generation", status=status,
                      total_count=total, processed_count=done)
            )  # fmt: skip
    at = open_page("overview", project.id)

    assert sorted(element.proto.value for element in at.sidebar.get("progress")) == [0, 25]


def test_a_disk_that_is_nearly_full_is_said_above_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=1_500_000_000))
    assert [warning.value for warning in open_page("overview").warning] == [
        "The disk has only 1.5 GB left. Uploads, tasks and exports stop below 0.2 GB. Free some space."
    ]
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=2_000_000_000))
    assert not open_page("overview").warning
