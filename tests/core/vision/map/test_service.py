"""The map of a project: a task lays it out, further images stand beside their neighbors, colors follow the data."""

import asyncio
import threading
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import numpy as np
import pytest

from core import Projects, Tasks
from core.db import ImageFindings, ImageVectors, utc_now
from core.errors import InvalidInputError, ItemInterrupted, NotFoundError
from core.export.recipe import ExportRecipe
from core.services import Services
from core.tasks import TaskRunner
from core.vision.map import file, process
from core.vision.map.kinds import kind_of_map
from core.vision.vectors import rows
from tests.core.vision.conftest import add_images
from tests.planted import npz_that_touches

KIND = "toy, a/b"
DIMENSIONS = 8


def store(services: Services, project_id: str, vectors: dict[str, np.ndarray], kind: str = KIND) -> None:
    with services.db.transaction() as session:
        for image_id, vector in vectors.items():
            packed = rows.packed(vector)
            session.add(ImageVectors(project_id=project_id, image_id=image_id, kind=kind, vector=packed))


def run_task(services: Services, project_id: str, task_type: str, config: dict[str, Any] | None = None) -> Tasks:
    task = services.tasks.create_task(project_id, task_type, config)
    return asyncio.run(TaskRunner(services.db, services.kinds).run(task.id))


def lay_out(services: Services, project_id: str) -> None:
    """Lay out the map as its task does, in this process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(process, "in_process", lambda given, newest, path, *_: process.run(given, newest, path, Mock()))
        assert run_task(services, project_id, "image-map").status == "completed"


def direction(number: int) -> np.ndarray:
    return np.eye(DIMENSIONS)[number]


@pytest.fixture
def ids(services: Services, project: Projects) -> list[str]:
    """Six images: two directions of three each."""
    found = list(add_images(services, project.id, *(f"{number}.jpg" for number in range(6))).values())
    store(services, project.id, {id_: direction(number // 3) for number, id_ in enumerate(found)})
    return found


def test_a_file_that_would_run_a_program_is_no_map(tmp_path: Path) -> None:
    (tmp_path / "map.npz").write_bytes(npz_that_touches(tmp_path / "ran", "version", "times"))
    assert file.read(tmp_path / "map.npz") is None
    assert not (tmp_path / "ran").exists()


def test_a_task_lays_out_the_map_and_it_says_of_when_it_is(
    services: Services, project: Projects, ids: list[str]
) -> None:
    assert services.map.points(project.id) is None
    before = services.map.state(project.id)
    assert (before.made_at, before.without_vector, before.wants_layout) == (None, 0, True)

    task = run_task(services, project.id, "image-map")
    assert (task.status, task.processed_count) == ("completed", 1)
    points = services.map.points(project.id)
    assert points is not None
    assert sorted(points.ids) == sorted(ids)
    assert (points.placed, points.without_vector) == (0, 0)
    places = dict(zip(points.ids, points.places.astype(float), strict=True))
    near, far = (np.linalg.norm(places[ids[0]] - places[ids[other]]) for other in (1, 5))
    assert near < far
    state = services.map.state(project.id)
    assert (state.made_at, state.images, state.wants_layout) == (points.made_at, 6, False)


def test_further_images_are_placed_beside_their_neighbors_and_deleted_ones_leave(
    services: Services, project: Projects, ids: list[str]
) -> None:
    lay_out(services, project.id)
    added = add_images(services, project.id, *(f"{number}.jpg" for number in range(6)), "new.jpg", "nothing.jpg")
    new = added["new.jpg"]
    store(services, project.id, {new: direction(1)})
    services.images.delete_image(ids[0])

    points = services.map.points(project.id)
    assert points is not None
    assert points.ids[-1] == new
    assert set(points.ids) == {*ids[1:], new}
    assert (points.placed, points.without_vector) == (1, 1)
    places = dict(zip(points.ids, points.places.astype(float), strict=True))
    own, other = (np.linalg.norm(places[new] - places[ids[number]]) for number in (4, 1))
    assert own < other
    assert services.map.state(project.id).wants_layout  # one of six is more than a tenth
    again = services.map.points(project.id)
    assert again is not None
    np.testing.assert_array_equal(again.places, points.places)


def test_vectors_without_numbers_are_left_out_and_do_not_stop_the_others(
    services: Services, project: Projects, ids: list[str]
) -> None:
    found = add_images(services, project.id, *(f"{number}.jpg" for number in range(8)))
    early, late = found["6.jpg"], found["7.jpg"]
    store(services, project.id, {early: np.full(DIMENSIONS, np.nan)})
    lay_out(services, project.id)
    store(services, project.id, {late: np.full(DIMENSIONS, np.nan)})
    points = services.map.points(project.id)
    assert points is not None
    assert set(points.ids) == set(ids)
    assert points.without_vector == 2


def test_one_image_has_a_map(services: Services, project: Projects) -> None:
    (only,) = add_images(services, project.id, "a.jpg").values()
    store(services, project.id, {only: direction(0)})
    lay_out(services, project.id)
    points = services.map.points(project.id)
    assert points is not None
    assert points.ids == (only,)
    assert services.map.column(project.id, "group").bits.tolist() == [2**31]


def test_without_vectors_it_says_what_to_do(services: Services, project: Projects) -> None:
    add_images(services, project.id, "a.jpg")
    assert services.map.state(project.id).wants_layout is False
    with pytest.raises(InvalidInputError, match="Run Analyze images"):
        services.tasks.create_task(project.id, "image-map")
    with pytest.raises(NotFoundError, match="Lay it out first"):
        services.map.column(project.id, "group")


def test_a_damaged_file_counts_as_none(services: Services, project: Projects, ids: list[str]) -> None:
    lay_out(services, project.id)
    with services.db.reading() as session:
        path = file.path_of(services.db.data_dir, project.id, str(kind_of_map(session, project.id)))
    path.write_bytes(path.read_bytes()[:100])
    services.tasks.create_task(project.id, "image-map")  # a write: nothing that was read before counts
    assert services.map.points(project.id) is None


def test_a_layout_is_ended_when_its_task_is_cancelled(tmp_path: Path) -> None:
    given = tmp_path / "vectors.npz"
    vectors = np.random.default_rng(0).normal(size=(4_000, 16)).astype(np.float16)
    np.savez(given, ids=np.array([b"x"] * len(vectors)), vectors=vectors)
    began = threading.Event()
    target = tmp_path / "map.npz"
    with pytest.raises(ItemInterrupted):
        process.in_process(given, utc_now(), target, lambda share, step: began.set(), began.is_set)
    assert not target.exists()


def test_points_are_colored_by_what_is_known_of_their_images(
    services: Services, project: Projects, ids: list[str]
) -> None:
    with services.db.transaction() as session:
        for number, id_ in enumerate(ids[:4]):
            label = "dog" if number < 3 else "cat"
            session.add(ImageFindings(project_id=project.id, analyzer="objects", label=label, image_id=id_))
    services.library.tag_images([ids[0], ids[1]], ["front"])
    services.library.tag_images([ids[0]], ["rare"])
    services.dataset.create_dataset_entry(project.id, ids[5], "What?", "That.", "m")
    lay_out(services, project.id)
    points = services.map.points(project.id)
    assert points is not None

    def values(field: str) -> dict[str, set[str]]:
        column = services.map.column(project.id, field)
        return {
            id_: {label for bit, label in enumerate(column.labels) if int(bits) >> bit & 1}
            for id_, bits in zip(points.ids, column.bits, strict=True)
        }

    assert [values("object")[id_] for id_ in ids] == [{"dog"}, {"dog"}, {"dog"}, {"cat"}, set(), set()]
    assert values("tag")[ids[0]] == {"front", "rare"}
    assert values("questions")[ids[5]] == {"entries"}
    assert values("questions")[ids[0]] == {"no questions"}
    assert values("source")[ids[0]] == {"upload"}
    assert values("quality")[ids[0]] == {"blurred", "small"}
    assert services.map.column(project.id, "object").counts == (3, 1)
    with pytest.raises(InvalidInputError, match="There is no field nose"):
        services.map.column(project.id, "nose")


def test_splits_are_those_of_the_newest_export_that_has_several(
    services: Services, project: Projects, ids: list[str]
) -> None:
    lay_out(services, project.id)
    assert services.map.column(project.id, "split").labels == ()
    for id_ in ids:
        services.dataset.create_dataset_entry(project.id, id_, "What?", "That.", "m", confirmed=True)
    recipe = ExportRecipe.model_validate({"splits": {"train": 50, "validation": 0, "test": 50}})
    run_task(services, project.id, "dataset-export", {"recipe": recipe.as_dict()})
    column = services.map.column(project.id, "split")
    assert set(column.labels) <= {"train", "test"}
    assert sum(column.counts) == 6
