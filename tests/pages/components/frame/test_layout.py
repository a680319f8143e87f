import shutil
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from core import Tasks
from core.tasks import TaskStatus
from pages import PAGES
from pages.components.frame import layout
from pages.components.shared import visitor
from tests.pages.reading import draw
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


@pytest.mark.parametrize(
    ("views", "links", "more"), [(0, 0, None), (8, 8, None), (9, 8, "1 more under Views on Explore")]
)
def test_the_first_views_of_the_project_are_in_the_navigation(views: int, links: int, more: str | None) -> None:
    project = services().projects.create_project("Shelf")
    for number in range(views):
        services().collaboration.save_view(project.id, f"View {number}", f"tag:t{number}")
    at = open_page("overview", project.id)
    shown = [link.proto.query_string for link in at.sidebar.get("page_link") if link.proto.label.startswith("View ")]
    assert len(shown) == links
    assert all("q=tag%3At" in query for query in shown)
    captions = [caption.value for caption in at.sidebar.caption]
    assert ("Views" in captions) is bool(views)
    assert [caption for caption in captions if "more under" in caption] == ([more] if more else [])


def test_three_running_tasks_are_shown_and_those_of_other_projects_to_nobody_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    limits: list[int] = []
    tasks = [Tasks(id=str(n), project_id="p" if n % 2 else "q", task_type="image-import", config={}) for n in range(9)]

    def list_tasks(*, active_only: bool, limit: int) -> list[Tasks]:
        limits.append(limit)
        return tasks[:limit]

    monkeypatch.setattr(services().tasks, "list_tasks", list_tasks)
    for visible, shown in ((None, ["0", "1", "2"]), (frozenset("p"), ["1", "3", "5"]), (frozenset(), [])):
        monkeypatch.setattr(visitor, "visible_projects", lambda visible=visible: visible)
        assert [task.id for task in layout._active_tasks()] == shown
    assert limits == [3, 100, 100]


@pytest.mark.parametrize(
    ("doing", "percent"), [(None, 25), ((0.5, "Reading"), 37), ((9.0, "Reading"), 100)], ids=["none", "half", "more"]
)
def test_a_running_task_counts_the_item_that_runs(
    doing: tuple[float, str] | None, percent: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = Tasks(project_id="p", task_type="image-import", config={}, total_count=4, processed_count=1)
    monkeypatch.setattr(layout, "_active_tasks", lambda: [task])
    monkeypatch.setattr(services().engine, "progress", lambda _id: doing)
    assert [bar.proto.value for bar in draw(layout._running_tasks).get("progress")] == [percent]
