import asyncio
from pathlib import Path

import pytest
import streamlit as st
from streamlit import dataframe_util

from core import Tasks
from core.accounts.permissions import Act
from core.project_counts import ProjectCounts
from core.runtime import runtime
from core.tasks import TaskRunner
from pages import overview
from pages.components.overview import project_dialogs
from pages.components.shared import page
from tests.pages.reading import draw, read
from tests.pages.running import open_page, services, texts
from tests.pictures import png


def test_without_a_project_there_are_three_ways_to_start() -> None:
    at = open_page("overview")

    assert [button.label for button in at.button] == [
        "Start with your images",
        "Try the sample",
        "Import a project",
    ]


def test_the_first_screen_says_where_data_go(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Nothing leaves this machine unless you choose a model." in " ".join(texts(open_page("overview")))
    elsewhere = runtime.database.settings.model_copy(update={"storage_url": "s3://photos"})
    monkeypatch.setattr(runtime.database, "settings", elsewhere)
    said = " ".join(texts(open_page("overview")))
    assert "Images and answers go to your own database and bucket" in said
    assert "Nothing leaves" not in said


def test_an_open_project_shows_its_stages_and_the_next_step() -> None:
    project = services().projects.create_project("Shelf")
    services().intake.add_images(project.id, [("red.png", png("red")), ("blue.png", png("blue"))])

    at = open_page("overview", project.id)

    assert {metric.label: metric.value for metric in at.metric} == {
        "Upload": "2",
        "Generate": "0",
        "Curate": "0",
        "Style": "0",
        "Export": "0",
    }
    assert "2 images, 0 questions, 0 of 0 entries confirmed" in texts(at)


def test_a_deleted_project_is_restored_by_undo() -> None:
    project = services().projects.create_project("Shelf")
    services().intake.add_images(project.id, [("red.png", png("red"))])
    services().projects.delete_project(project.id)
    at = open_page("overview")
    at.session_state["deleted-project"] = project.id
    at.run()

    at.button(key="project-undo").click().run()

    assert [project.name for project in services().projects.list_projects()] == ["Shelf"]


def test_a_name_with_markup_is_escaped() -> None:
    project = services().projects.create_project("**Shelf** <img src=x onerror=alert(1)>")

    at = open_page("overview", project.id)

    labels = [element.label for element in at.get("page_link")]
    assert r"\*\*Shelf\*\* \<img src=x onerror=alert\(1\)\>" in labels


def test_the_sample_opens_at_the_desk() -> None:
    at = open_page("overview")

    at.button(key="start-sample").click().run()

    assert at.title[0].value == "Curate"
    assert [project.name for project in services().projects.list_projects()] == ["Sample project"]


def test_neither_the_first_screen_nor_the_desk_asks_pandas_whether_a_value_is_a_table(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The question imports pandas, which takes half as long as all that the first screen needs of core."""
    asked: list[object] = []
    kind_of = dataframe_util.determine_data_format
    monkeypatch.setattr(dataframe_util, "determine_data_format", lambda value: asked.append(value) or kind_of(value))

    open_page("overview").button(key="start-sample").click().run()

    assert asked == []


def test_an_export_of_the_project_offers_its_archive_also_on_the_tasks_page() -> None:
    project = services().projects.create_project("Shelf")
    task = services().tasks.create_task(project.id, "project-export")
    asyncio.run(TaskRunner(services().db, services().kinds).run(task.id))

    for file in ("overview", "tasks"):
        at = open_page(file, project.id, task=task.id)
        assert "Download 0.1 MB" in [link.proto.label for link in at.get("link_button")]


def test_an_export_of_the_project_is_shown_in_its_card() -> None:
    project = services().projects.create_project("Shelf")
    task = services().tasks.create_task(project.id, "project-export")

    at = open_page("overview", project.id, task=task.id)

    assert [element.value for element in at.header] == ["Projects", "Export the project"]


def test_an_import_leads_to_the_project_that_appeared(tmp_path: Path) -> None:
    project = services().projects.create_project("Shelf")
    task = services().project_imports.from_path(str(services().projects.export_project(project.id, tmp_path)))
    asyncio.run(TaskRunner(services().db, services().kinds).run(task.id))
    at = open_page("overview", project.id, task=task.id)
    assert r"Import the project\: Shelf\.zip" in [element.value for element in at.header]

    at.button(key=f"open-{task.id}").click().run()

    assert at.query_params["project"] == task.project_id
    assert "task" not in at.query_params


def test_an_import_that_cannot_be_used_says_why(tmp_path: Path) -> None:
    project = services().projects.create_project("Shelf")
    archive = services().projects.export_project(project.id, tmp_path)
    task = services().project_imports.from_path(str(archive))
    archive.unlink()
    asyncio.run(TaskRunner(services().db, services().kinds).run(task.id))

    at = open_page("overview", task=task.id)

    assert any("There is no Shelf.zip on the server." in text for text in texts(at))


def test_an_admin_sets_the_quota_of_a_project(monkeypatch: pytest.MonkeyPatch) -> None:
    project = services().projects.create_project("Shelf")
    monkeypatch.setattr(st, "menu_button", lambda label, options, **_: next(one for one in options if one == "Quota"))
    at = open_page("overview", project.id)
    at.number_input(key=f"quota-images-{project.id}").set_value(5)
    at.button(key="quota-save").click().run()
    quota = services().library.quota(project.id)
    assert (quota.max_images, quota.max_image_bytes) == (5, None)


@pytest.mark.parametrize(
    ("chosen", "line"),
    [
        ("Rename", "[Save]"),
        ("Quota", "Shelf has 0 images, 0.0 MB."),
        ("Delete", "This deletes Shelf with 0 images, 0 questions and 0 entries (0 confirmed). It can be restored from "
         "the bin."),
        ("Export project", "Export the project"),
    ],
)  # fmt: skip
def test_each_act_of_the_menu_of_a_project_opens_what_it_names_alone(
    chosen: str, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = services().projects.create_project("Shelf")
    lines = {"[Save]", "Export the project", "Shelf has 0 images, 0.0 MB."}
    closed = read(open_page("overview", project.id))
    assert not {*lines, line} & set(closed)
    monkeypatch.setattr(services().engine, "submit", lambda _id: None)
    chooses = iter([chosen])
    monkeypatch.setattr(st, "menu_button", lambda _label, options, **_: next(chooses, None) if options else None)

    opened = set(read(open_page("overview", project.id))) - set(closed)

    assert line in opened
    assert ("[Save]" in opened) is (chosen in ("Rename", "Quota"))


def test_the_stages_lead_to_what_is_left_to_do() -> None:
    project = services().projects.create_project("Shelf")

    def steps() -> list[str]:
        shown = [link.proto.label for link in open_page("overview", project.id).main.get("page_link")]
        return [label for label in shown if label not in ("Shelf", "Imported")][:5]

    added = services().intake.add_images(project.id, [("red.png", png("red")), ("blue.png", png("blue"))])
    assert steps() == [
        "Add images", "Ask about 2 images", "View the entries", "Generate an image", "Export the dataset",
    ]  # fmt: skip
    entries = [
        services().dataset.create_dataset_entry(project.id, one.image.id, "Which?", "red") for one in added if one.image
    ]
    services().dataset.confirm_entry(entries[0].id)
    assert steps()[1:3] == ["Ask more questions", "Review 1 entry"]


def test_who_may_make_no_project_and_has_no_role_is_told_whom_to_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "may", lambda act, _project_id=None: act is not Act.CREATE_PROJECT)
    lines = read(open_page("overview"))
    assert "You have no role in a project yet. Ask an owner of one, or an admin of this server." in lines
    assert "[Try the sample]" not in lines


def test_a_quota_is_shown_in_megabytes_rounded_up() -> None:
    project = services().projects.create_project("Shelf")
    services().projects.set_quota(project.id, max_images=3, max_image_bytes=1_500_000)
    at = draw(project_dialogs.quota, project)
    assert [at.number_input(key=f"quota-{name}-{project.id}").value for name in ("images", "mb")] == [3, 2]
    at.button(key="quota-save").click().run()
    assert services().library.quota(project.id).max_image_bytes == 2_000_000


def test_one_of_something_has_its_noun_in_the_singular() -> None:
    assert overview._amount(1, "generated image") == ("1", "generated image")
    assert overview._amount(1_200, "confirmed entry") == ("1,200", "confirmed entries")
    one = ProjectCounts(
        images=1, images_without_questions=0, questions=1, questions_without_answer=0, images_with_open_questions=0,
        entries=1, confirmed=1, rejected=0, generated=0,
    )  # fmt: skip
    assert overview._state(one) == "1 image, 1 question, 1 of 1 entry confirmed"


@pytest.mark.parametrize(("decided", "tasks"), [(0, 0), (1, 0), (0, 5), (2, 1)])
def test_decisions_and_the_four_latest_tasks_are_shown_where_there_are_any(
    decided: int, tasks: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = services().projects.create_project("Shelf")
    monkeypatch.setattr(services().entries, "decisions_per_day", lambda _id: [("a", 0), ("b", decided)])
    with services().db.transaction() as session:
        for _ in range(tasks):
            session.add(Tasks(project_id=project.id, task_type="work", config={}, status="completed"))
    at = open_page("overview", project.id)
    shown = {metric.label: metric.value for metric in at.metric}
    assert shown.get("Decisions in the last 30 days") == (str(decided) if decided else None)
    assert ("Latest tasks" in texts(at)) is (tasks > 0)
    links = [link.proto.label for link in at.main.get("page_link") if link.proto.label.startswith("work")]
    assert len(links) == min(tasks, 4)
