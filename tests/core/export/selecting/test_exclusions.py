"""Which entries an export leaves out, each counted by its first reason."""

from typing import Any

import pytest
from sqlalchemy import update
from sqlmodel import col

from core import Projects
from core.db import HIDDEN, ImageDatasets, Images
from core.export import parse_recipe
from core.export.entries import GENERATED
from core.services import Services
from tests.core.vision.conftest import add_images

CHANGED: dict[str, dict[str, Any]] = {
    "usual": {},
    "three stars": {"score": 3.0},
    "rejected": {"confirmed": False, "rejected": True},
    "open": {"confirmed": False},
    "tagged": {"tags": "cups, leave-out"},
    "label": {"answer_type": "label", "kind": "count", "language": "tr", "model": "m"},
    "no question": {"question": " \n"},
    "no answer": {"answer": "\t"},
}
ALWAYS = {"rejected": 1, "tagged leave-out": 1, "its image was deleted": 2}
EMPTY = {"no question": 1, "no answer": 1}
"""Counted where no choice leaves the two entries out before."""


@pytest.fixture
def filled(services: Services, project: Projects) -> Projects:
    """An entry for each of CHANGED on one image, and one on a generated, a deleted and a hidden image."""
    images = add_images(services, project.id, "a.jpg", "generated.jpg", "deleted.jpg", "hidden.jpg")
    made = {
        name: services.dataset.create_dataset_entry(
            project.id, images.get(f"{name}.jpg", images["a.jpg"]), f"{name}?", "A", model="openai/gpt-4o",
            confirmed=True,
        ).id
        for name in (*CHANGED, "generated", "deleted", "hidden")
    }  # fmt: skip
    with services.db.transaction() as session:
        for name, values in CHANGED.items():
            if values:
                session.execute(update(ImageDatasets).where(col(ImageDatasets.id) == made[name]).values(**values))
        for name, values in (
            ("generated", {"source": GENERATED}), ("hidden", {"visibility": HIDDEN}),
        ):  # fmt: skip
            session.execute(update(Images).where(col(Images.id) == images[f"{name}.jpg"]).values(**values))
        deleted = update(Images).where(col(Images.id) == images["deleted.jpg"])
        session.execute(deleted.values(deleted_at=col(Images.create_at)))
    return project


@pytest.mark.parametrize(
    ("choice", "entries", "images", "left_out"),
    [
        ({"confirmed_only": True}, 4, 2, EMPTY | {"not confirmed yet": 1}),
        ({}, 5, 2, EMPTY),
        ({"generated_images": False}, 4, 1, EMPTY | {"on a generated image": 1}),
        ({"min_score": 3}, 1, 1, {"below the minimum stars": 6}),
        ({"min_score": 3.1}, 0, 0, {"below the minimum stars": 7}),
        ({"answer_types": ["label"]}, 1, 1, {"another answer type": 6}),
        ({"kinds": ["count"]}, 1, 1, {"another kind": 6}),
        ({"languages": ["tr"]}, 1, 1, {"another language": 6}),
        ({"models": ["m"]}, 1, 1, {"another model": 6}),
        ({"search": "score:3"}, 1, 1, {"outside the search": 6}),
    ],
)
def test_what_is_left_out_is_counted_by_its_first_reason(
    services: Services, filled: Projects, choice: dict[str, Any], entries: int, images: int, left_out: dict[str, int]
) -> None:
    recipe = parse_recipe({"format": "llava", "entries": {"confirmed_only": False} | choice})

    counts = services.exports.count(filled.id, recipe)

    assert (counts.entries, counts.images, counts.left_out) == (entries, images, ALWAYS | left_out)
    assert counts.total == len(CHANGED) + 3


def test_an_export_leaves_out_what_was_counted(services: Services, filled: Projects) -> None:
    choice = {"confirmed_only": False, "generated_images": False}

    report = services.exports.export(filled.id, parse_recipe({"format": "llava", "entries": choice})).report

    assert (report["entries"], report["images"]) == (4, 1)
    assert report["left_out"] == ALWAYS | EMPTY | {"on a generated image": 1}


@pytest.mark.parametrize(("tag", "tagged"), [("50%", ["50%"]), ("a_b", ["a_b"]), ("cups", ["50%", "cups , x"])])
def test_a_tag_is_looked_for_as_it_is_written(
    services: Services, project: Projects, tag: str, tagged: list[str]
) -> None:
    image = add_images(services, project.id, "a.jpg")["a.jpg"]
    add = services.dataset.create_dataset_entry
    made = {
        name: add(project.id, image, f"{name}?", "A", confirmed=True).id for name in ("50%", "a_b", "cups , x", "n")
    }
    tags = {"50%": "x, 50%,cups", "a_b": "a_b", "cups , x": "cups , x", "n": "500,axb,cup,cupss"}
    with services.db.transaction() as session:
        for name, value in tags.items():
            session.execute(update(ImageDatasets).where(col(ImageDatasets.id) == made[name]).values(tags=value))

    counts = services.exports.count(project.id, parse_recipe({"format": "llava", "entries": {"tags": [tag]}}))

    assert (counts.entries, counts.left_out) == (len(tagged), {"none of the tags": 4 - len(tagged)})
