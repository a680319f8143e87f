"""Variants as images of the library: marked, grouped with their original, with the entries that stay true."""

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from sqlmodel import col, select

from core import ImageDatasets, Images, Projects
from core.db import ImageHashes, Questions
from core.errors import InvalidInputError
from core.export import parse_recipe
from core.export.variant_task import VariantRecipe
from core.services import Services
from core.transform.steps import from_records
from tests.core.images.pictures import drawn, encoded

_FLIP = {"variants": 1, "operations": ["flip"]}


@pytest.fixture
def images(services: Services, project: Projects) -> list[Images]:
    """Six images with a question that a flip leaves true, with a box, and one that it breaks."""
    files = [(f"shelf {number}.jpg", encoded(drawn(number))) for number in range(6)]
    images = [outcome.image for outcome in services.intake.add_images(project.id, files) if outcome.image]
    with services.db.transaction() as session:
        for image in images:
            question = Questions(
                project_id=project.id, image_id=image.id, question="What animal is held?", kind="object",
                question_key="what animal is held",
            )  # fmt: skip
            session.add(question)
            session.flush()
            session.add_all([
                ImageDatasets(
                    project_id=project.id, image_id=image.id, image_name=image.image_name, question_id=question.id,
                    question=question.question, answer="A cat.", confirmed=True, kind="object", score=4.0,
                    boxes=[{"label": "cat", "xyxy": [10, 20, 50, 60], "image": 0}],
                ),
                ImageDatasets(
                    project_id=project.id, image_id=image.id, image_name=image.image_name, confirmed=True,
                    question="What stands left of it?", answer="A lamp.",
                ),
            ])  # fmt: skip
    return images


def _variants(services: Services) -> list[Images]:
    with services.db.reading() as session:
        return list(session.exec(select(Images).where(col(Images.variant_of).is_not(None)).order_by(col(Images.id))))


async def test_a_variant_is_an_image_with_its_original_and_its_steps(
    services: Services, project: Projects, images: list[Images]
) -> None:
    report = await services.variants.make(project.id, [images[0].id], augmentation=_FLIP)

    (variant,) = _variants(services)
    assert (report["images"], report["entries"]) == (1, 1)
    assert report["left_out"] == {"questions without flip: left and right change places": 1}
    assert variant.image_name == "shelf 0 v1.jpg"
    assert (variant.variant_of, variant.source) == (images[0].id, "variant")
    assert [step.operation for step in from_records(variant.variant_steps or [])] == ["flip"]
    assert services.images.thumbnail_path(variant).exists()


async def test_the_entries_that_stay_true_come_along_with_their_boxes(
    services: Services, project: Projects, images: list[Images]
) -> None:
    await services.variants.make(project.id, [images[0].id], augmentation=_FLIP)

    (variant,) = _variants(services)
    (entry,) = services.library.entries_of(variant.id)
    (question,) = services.library.questions_of(variant.id)
    assert (entry.question, entry.answer, entry.confirmed, entry.score) == ("What animal is held?", "A cat.", True, 4.0)
    assert entry.boxes == [{"label": "cat", "xyxy": [110.0, 20.0, 150.0, 60.0], "image": 0}]
    assert entry.question_id == question.id
    assert entry.conversation_id is None


async def test_a_variant_is_no_near_duplicate_of_anything_and_nothing_becomes_one_of_it(
    services: Services, project: Projects, images: list[Images]
) -> None:
    await services.variants.make(project.id, [images[0].id], augmentation=_FLIP)
    (variant,) = _variants(services)
    with services.db.reading() as session:
        indexed = session.exec(select(ImageHashes).where(ImageHashes.image_id == variant.id)).all()
    (again,) = services.intake.add_images(project.id, [("smaller.jpg", encoded(drawn(0).resize((120, 90))))])

    assert variant.near_duplicate_of is None
    assert indexed == []
    assert again.image is not None
    assert again.image.near_duplicate_of == images[0].id


async def test_the_same_variants_are_not_made_twice(
    services: Services, project: Projects, images: list[Images]
) -> None:
    await services.variants.make(project.id, augmentation=_FLIP)
    report = await services.variants.make(project.id, augmentation=_FLIP)

    assert len(_variants(services)) == 6
    assert (report["images"], report["known"]) == (0, 6)


async def test_variants_are_in_the_split_of_their_original(
    services: Services, project: Projects, images: list[Images]
) -> None:
    await services.variants.make(project.id, augmentation={"variants": 2, "operations": ["flip", "noise", "jpeg"]})
    recipe = parse_recipe({"format": "vitrine", "container": "directory", "splits": {"train": 50, "test": 50}})

    exported = services.exports.export(project.id, recipe)

    bundle = services.db.data_dir / exported.path
    splits = {row["image"]["id"]: row["split"] for row in _rows(bundle)}
    assert len(splits) == 18
    assert set(splits.values()) == {"train", "test"}
    for variant in _variants(services):
        assert splits[variant.id] == splits[str(variant.variant_of)]


async def test_a_new_version_is_made_by_preprocessing_alone(
    services: Services, project: Projects, images: list[Images]
) -> None:
    redact = {"drawn": {images[1].id: [[0, 0, 80, 60]]}, "how": "black"}

    await services.variants.make(
        project.id, [images[1].id], preprocessing={"redact": redact, "unfit": "keep"}, with_entries=False
    )

    (variant,) = _variants(services)
    assert variant.image_name == "shelf 1 changed.jpg"
    assert [step.operation for step in from_records(variant.variant_steps or [])] == ["redact"]
    assert services.library.entries_of(variant.id) == []


async def test_a_variant_has_no_variants_of_its_own(
    services: Services, project: Projects, images: list[Images]
) -> None:
    await services.variants.make(project.id, [images[0].id], augmentation=_FLIP)
    (variant,) = _variants(services)

    with pytest.raises(InvalidInputError, match="choose their originals"):
        await services.variants.make(project.id, [variant.id], augmentation=_FLIP)


@pytest.mark.parametrize(
    ("recipe", "message"),
    [
        ({}, "at least one variant"),
        ({"augmentation": {"variants": 99}}, "augmentation.variants"),
        ({"x": 1}, "x cannot"),
    ],
)
async def test_a_recipe_that_makes_nothing_is_refused(
    services: Services, project: Projects, images: list[Images], recipe: dict[str, object], message: str
) -> None:
    with pytest.raises(InvalidInputError, match=message):
        await services.variants.make(project.id, **recipe)


def _rows(bundle: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for file in bundle.glob("vitrine*.jsonl") for line in file.read_text().splitlines()]


def test_a_recipe_of_variants_names_at_most_100_000_images_and_nothing_unknown() -> None:
    recipe = VariantRecipe(image_ids=["x"] * 100_000)

    assert (recipe.with_entries, VariantRecipe().image_ids) == (True, None)
    with pytest.raises(ValidationError, match="at most 100000 items"):
        VariantRecipe(image_ids=["x"] * 100_001)
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        VariantRecipe.model_validate({"images": []})
    with pytest.raises(ValidationError, match="Instance is frozen"):
        recipe.with_entries = False  # type: ignore[misc]
