"""Sets of similar images: each image with its nearest neighbors, in one set at most."""

import numpy as np
import pytest

from core import Projects
from core.db import ImageVectors
from core.errors import InvalidInputError
from core.questions.near_sets import NearSets
from core.services import Services
from core.vision.vectors import rows
from tests.core.vision.conftest import add_images

NAMES = ("a0.jpg", "b0.jpg", "a1.jpg", "b1.jpg", "a2.jpg", "none.jpg")


@pytest.fixture
def ids(services: Services, project: Projects) -> dict[str, str]:
    """Images of two kinds, a and b, nearer within a kind the nearer their numbers are; one has no vector."""
    made = add_images(services, project.id, *NAMES)
    with services.db.transaction() as session:
        for name in NAMES[:-1]:
            turn = 0.1 * int(name[1]) + (2.0 if name[0] == "b" else 0.0)
            packed = rows.packed(np.array([np.cos(turn), np.sin(turn)]))
            session.add(ImageVectors(project_id=project.id, image_id=made[name], kind="measured 1", vector=packed))
    return made


def _sets(services: Services, ids: dict[str, str], names: tuple[str, ...], size: int) -> list[tuple[str, ...]]:
    name_of = {id_: name for name, id_ in ids.items()}
    images = services.library.get_images([ids[name] for name in names])
    images.sort(key=lambda image: names.index(image.image_name))
    return [tuple(name_of[id_] for id_ in set_) for set_ in NearSets(services.db).sets_of(images, size)]


def test_the_nearest_are_together_and_each_image_is_in_one_set(services: Services, ids: dict[str, str]) -> None:
    assert _sets(services, ids, NAMES, 2) == [("a0.jpg", "a1.jpg"), ("b0.jpg", "b1.jpg")]
    assert _sets(services, ids, NAMES, 3)[0] == ("a0.jpg", "a1.jpg", "a2.jpg")


def test_only_chosen_images_are_in_sets(services: Services, ids: dict[str, str]) -> None:
    assert _sets(services, ids, ("a2.jpg", "a0.jpg"), 8) == [("a2.jpg", "a0.jpg")]
    assert _sets(services, ids, ("a2.jpg", "none.jpg"), 8) == []


def test_the_task_asks_about_them(services: Services, project: Projects, ids: dict[str, str]) -> None:
    config = {"sets": "similar", "set_size": 2}
    assert services.questions.image_sets(project.id, config) == [
        (ids["a0.jpg"], ids["a1.jpg"]), (ids["b0.jpg"], ids["b1.jpg"]),
    ]  # fmt: skip
    assert [item.payload["image_ids"] for item in services.questions.plan(project.id, config)] == [
        [ids["a0.jpg"], ids["a1.jpg"]], [ids["b0.jpg"], ids["b1.jpg"]],
    ]  # fmt: skip


def test_without_vectors_it_says_what_to_do(services: Services, project: Projects) -> None:
    add_images(services, project.id, "a.jpg", "b.jpg")
    with pytest.raises(InvalidInputError, match="Analyze them for similarity first"):
        services.questions.image_sets(project.id, {"sets": "similar"})
