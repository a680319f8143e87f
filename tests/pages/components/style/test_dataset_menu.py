"""The menu of a style dataset: names, versions, what is added, where a copy goes, and what is measured."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
import streamlit as st

from core import StyleDatasets, Tasks
from core.llm import session_keys
from core.tasks import TaskStatus
from pages.components.shared import model_picker, page, visitor
from pages.components.shared.model_picker import ModelChoice
from pages.components.style import dataset_menu
from tests.pages.reading import draw, read
from tests.pages.running import services

DATASET = StyleDatasets(id="s", project_id="p", name="Warm", version=2)
PROJECT: Any = SimpleNamespace(id="p", name="Shelf")


class Datasets:
    """Stands for the service, and remembers what it was told to do."""

    def __init__(self) -> None:
        self.done: list[Any] = []
        self.images, self.analyzed = 3, 3

    def list_style_datasets(self, _id: str) -> list[Any]:
        return []

    def list_versions(self, _id: str) -> list[Any]:
        return [SimpleNamespace(version=number, change="Changed.") for number in (2, 1)]

    def summary(self, _id: str) -> Any:
        return SimpleNamespace(images=self.images, analyzed=self.analyzed)

    def create_style_dataset(self, *of: str) -> Any:
        self.done.append(("create", *of))
        return SimpleNamespace(id="new")

    def copy_style_dataset(self, *of: str) -> Any:
        self.done.append(("copy", *of))
        return SimpleNamespace(id="copy")

    def update_style_dataset(self, _id: str, *, name: str) -> None:
        self.done.append(("name", name))

    def restore_version(self, _id: str, version: int) -> None:
        self.done.append(("restore", version))

    def add_images(self, _id: str, ids: list[str] | None = None, *, urls: list[str] | None = None) -> None:
        self.done.append(("add", ids if urls is None else urls))


@pytest.fixture
def datasets(monkeypatch: pytest.MonkeyPatch) -> Datasets:
    made = Datasets()
    monkeypatch.setattr(st, "rerun", lambda: None)  # what was done is not stored, and would be done again
    monkeypatch.setattr(services(), "style_datasets", made)
    monkeypatch.setattr(services().style_analysis, "measure_images", lambda id_: made.done.append(("measure", id_)))
    monkeypatch.setattr(services().tasks, "create_task", lambda *of: made.done.append(of) or SimpleNamespace(id="t"))
    monkeypatch.setattr(services().engine, "submit", lambda id_: made.done.append(("submit", id_)))
    return made


@pytest.mark.parametrize(("name", "is_made"), [("", False), ("  ", False), ("Warm", True)])
def test_a_style_dataset_is_created_with_a_name(name: str, is_made: bool, datasets: Datasets) -> None:
    at = draw(dataset_menu.make, PROJECT)
    at.text_input(key="style-new").set_value(name)
    at.button(key="style-make").click().run()
    assert datasets.done == ([("create", "p", "Warm", "")] if is_made else [])


@pytest.mark.parametrize(("name", "done"), [("  ", []), (" Warm ", []), ("Cold", [("name", "Cold")])])
def test_a_typed_name_is_saved_when_it_is_another(name: str, done: list[Any], datasets: Datasets) -> None:
    at = draw(dataset_menu._rename, DATASET)
    assert datasets.done == []
    at.text_input(key="style-name-s-2").set_value(name).run()
    assert datasets.done[:1] == done


def test_an_earlier_version_can_be_restored(datasets: Datasets) -> None:
    at = draw(dataset_menu._rename, DATASET)
    assert read(at) == []
    assert at.selectbox[0].options == ["2: Changed.", "1: Changed."]
    at.selectbox[0].set_value(1).run()
    assert read(at) == ["[Restore version 1]"]
    assert datasets.done == []
    at.button(key="style-go-back").click().run()
    assert datasets.done == [("restore", 1)]


def test_selected_images_all_images_or_addresses_are_added(datasets: Datasets, monkeypatch: pytest.MonkeyPatch) -> None:
    selected: list[str] = []
    monkeypatch.setattr(dataset_menu, "selected_images", lambda _project: selected)
    monkeypatch.setattr(dataset_menu, "_added", lambda *_of: None)
    monkeypatch.setattr(dataset_menu, "MAX_FIRST_IMAGES", 2)
    monkeypatch.setattr(services().library, "find_image_ids", lambda _id: ["a", "b", "c"])
    at = draw(dataset_menu._add, PROJECT, DATASET)
    assert read(at)[0] == "[Select images in the library -> upload]"
    at.button(key="style-add-all").click().run()
    at.text_area(key="style-urls").set_value("  ")
    at.button(key="style-add-urls").click().run()
    at.text_area(key="style-urls").set_value("https://a.org/1\nhttps://a.org/2")
    at.button(key="style-add-urls").click().run()
    selected += ["x"]
    assert read(at.run())[0] == "[Add 1 selected image]"
    at.button(key="style-add-selected").click().run()
    assert datasets.done == [("add", ["a", "b"]), ("add", ["https://a.org/1", "https://a.org/2"]), ("add", ["x"])]


@pytest.mark.parametrize(("analyzed", "starts"), [(3, False), (2, True)])
def test_added_images_are_measured_and_a_task_measures_the_rest(
    analyzed: int, starts: bool, datasets: Datasets
) -> None:
    datasets.analyzed = analyzed
    draw(dataset_menu._added, PROJECT, DATASET)
    rest = [("p", "style-analysis", {"dataset_id": "s"}), ("submit", "t")] if starts else []
    assert datasets.done[: 1 + len(rest)] == [("measure", "s"), *rest]


def test_only_selected_images_of_the_project_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [SimpleNamespace(id="a", project_id="p"), SimpleNamespace(id="b", project_id="q")]
    monkeypatch.setattr(services().library, "get_images", lambda _ids: found)
    assert dataset_menu.selected_images(PROJECT) == ["a"]


@pytest.mark.parametrize(
    ("target", "state", "query"), [("p", {}, {"style": "copy"}), ("q", {"style-copied": "copy"}, {})]
)
def test_a_copy_is_opened_here_and_announced_from_elsewhere(
    target: str, state: dict[str, str], query: dict[str, str], datasets: Datasets,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    projects = [SimpleNamespace(id=id_, name=id_.upper()) for id_ in ("p", "q", "r")]
    monkeypatch.setattr(services().projects, "list_projects", lambda _visible: projects)
    monkeypatch.setattr(visitor, "visible_projects", lambda: None)
    monkeypatch.setattr(page, "may", lambda _act, id_: id_ != "r")
    at = draw(dataset_menu._copy, PROJECT, DATASET)
    assert at.selectbox[0].options == ["P", "Q"]
    at.selectbox[0].set_value(target).run()
    assert datasets.done == []
    at.button(key="style-copy").click().run()
    assert datasets.done == [("copy", "s", target)]
    assert {name: at.session_state[name] for name in ("style-copied",) if name in at.session_state} == state
    assert at.query_params == query


@pytest.mark.parametrize(
    ("kind", "status", "is_one"),
    [
        ("style-analysis", TaskStatus.RUNNING, True), ("style-analysis", TaskStatus.QUEUED, True),
        ("style-analysis", TaskStatus.PAUSED, False), ("style-analysis", TaskStatus.COMPLETED, False),
        ("image-import", TaskStatus.RUNNING, False),
    ],
)  # fmt: skip
def test_an_analysis_that_runs_is_found_behind_other_tasks(kind: str, status: TaskStatus, is_one: bool) -> None:
    project = services().projects.create_project("Shelf")
    with services().db.transaction() as session:
        session.add(
            Tasks(project_id=project.id, task_type=kind, status=status, create_at=datetime(2026, 5, 1, tzinfo=UTC))
        )
        session.add_all(Tasks(project_id=project.id, task_type="work", status="running") for _ in range(6))
    assert dataset_menu.is_analyzing(project) is is_one


@pytest.mark.parametrize(("waiting", "key"), [(0, None), (1, None), (2, "secret")])
def test_images_without_a_description_are_described_by_the_chosen_model(
    waiting: int, key: str | None, datasets: Datasets, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_picker, "show", lambda _key, built_in: ModelChoice({"model": "m"}, key))
    monkeypatch.setattr(services().style_analysis, "pending_images", lambda _id, _model: ["a"] * waiting)
    monkeypatch.setattr(session_keys, "register", lambda *of: datasets.done.append(of))
    at = draw(dataset_menu._describe, PROJECT, DATASET)
    has = {0: "0 images have", 1: "1 image has", 2: "2 images have"}[waiting]
    assert read(at) == [
        f"{has} no description by this model yet.", f"[Describe these images]{'' if waiting else ' off'}",
    ]  # fmt: skip
    if waiting:
        at.button(key="style-describe-start").click().run()
        config = {"dataset_id": "s", "llm_config": {"model": "m"}}
        registered = [("t", "secret")] if key else []
        assert datasets.done == [("p", "style-analysis", config), *registered, ("submit", "t")]
