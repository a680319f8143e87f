"""The first screen and the dialogs of projects: where images go, what a sample is, and quotas."""

from types import SimpleNamespace
from typing import Any

import pytest
import streamlit as st

from core.runtime import runtime
from core.sample import photographs
from pages.components.overview import moves, project_dialogs, start
from pages.components.shared import page, visitor
from tests.pages.components.recording import RecordedComponents
from tests.pages.controls import controls
from tests.pages.reading import draw, read
from tests.pages.running import services

HERE = "Nothing leaves this machine unless you choose a model."


@pytest.mark.parametrize(
    ("storage_url", "database_url", "is_here"),
    [("", "", True), ("s3://shelf", "", False), ("", "postgresql://shelf", False)],
)
def test_it_is_said_where_images_and_answers_go(
    storage_url: str, database_url: str, is_here: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = SimpleNamespace(storage_url=storage_url, database_url=database_url)
    monkeypatch.setattr(runtime.database, "settings", settings)
    assert (start._what_stays_where() == HERE) is is_here


def test_the_wall_has_fifteen_photographs_and_no_twin_of_another(components: RecordedComponents) -> None:
    start._wall()
    urls = components.data["vitrine_wall"]["urls"]
    seconds = {f"/sample/{one.file}" for one in photographs() if one.is_second_of_twins}
    assert len(urls) == 15
    assert seconds
    assert not seconds & set(urls)


@pytest.mark.parametrize(
    ("key", "what"), [("start-own", "new"), ("start-sample", "sample"), ("start-import", "import")]
)
def test_each_way_in_is_opened_by_its_button(key: str, what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(start, "_wall", lambda: None)
    monkeypatch.setattr(project_dialogs, "new", lambda: opened.append("new"))
    monkeypatch.setattr(start, "open_sample", lambda: opened.append("sample"))
    monkeypatch.setattr(moves, "import_dialog", lambda: opened.append("import"))
    at = draw(start.show)
    assert opened == []
    at.button(key=key).click().run()
    assert opened == [what]


def test_the_sample_belongs_to_its_visitor_and_is_opened_at_the_desk(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[Any] = []
    monkeypatch.setattr(visitor, "require", lambda act: done.append(act))
    monkeypatch.setattr(visitor, "actor", lambda: SimpleNamespace(account_id="a"))
    samples = SimpleNamespace(create=lambda *, owner_id: done.append(owner_id) or SimpleNamespace(id="s"))
    monkeypatch.setattr(page, "services", lambda: SimpleNamespace(samples=samples))
    monkeypatch.setattr(page, "choose_project", done.append)
    monkeypatch.setattr(page, "go", done.append)
    start.open_sample()
    assert done[1:] == ["a", "s", "curate"]


@pytest.mark.parametrize(
    ("given", "images", "megabytes"),
    [((None, None), "None", "None"), ((0, 0), "0", "0"), ((9, 2_000_000), "9", "2"), ((9, 2_000_001), "9", "3")],
)
def test_a_quota_is_shown_in_whole_megabytes_rounded_up(
    given: tuple[int | None, int | None], images: str, megabytes: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    max_images, max_bytes = given
    used = SimpleNamespace(images=1_200, image_bytes=2_340_000, max_images=max_images, max_image_bytes=max_bytes)
    saved: list[dict[str, Any]] = []
    monkeypatch.setattr(services().library, "quota", lambda _id: used)
    monkeypatch.setattr(services().projects, "set_quota", lambda _id, **limits: saved.append(limits))
    at = draw(project_dialogs.quota, SimpleNamespace(id="p", name="Shelf"))
    assert read(at)[0] == "Shelf has 1,200 images, 2.3 MB."
    shown = controls(at)
    assert f"value {images} | min 0" in shown["quota-images-p"]
    assert f"value {megabytes} | min 0" in shown["quota-mb-p"]
    at.button(key="quota-save").click().run()
    whole = None if max_bytes is None else int(megabytes) * 1_000_000
    assert saved == [{"max_images": max_images, "max_image_bytes": whole}]


def test_a_deleted_project_is_offered_back_until_it_is_restored(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen: list[str | None] = []
    monkeypatch.setattr(page, "choose_project", chosen.append)
    assert read(draw(project_dialogs.undo_notice)) == []
    project = services().projects.create_project("Shelf")
    at = draw(project_dialogs.delete, project)
    assert read(at)[0] == (
        "This deletes Shelf with 0 images, 0 questions and 0 entries (0 confirmed). It can be restored from the bin."
    )
    at.button(key="delete-project-confirm").click().run()
    assert services().projects.list_projects() == []

    def script() -> None:
        st.session_state.setdefault("deleted-project", project.id)
        project_dialogs.undo_notice()

    at = draw(script)
    assert read(at) == ["The project was deleted.", "[Undo]"]
    at.button(key="project-undo").click().run()
    assert chosen == [None, project.id]
    assert [one.id for one in services().projects.list_projects()] == [project.id]
