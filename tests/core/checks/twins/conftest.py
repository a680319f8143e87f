"""A project of which the answers can be guessed, with vectors, and what a detector found in its images."""

import asyncio

import numpy as np
import pytest

from core import ImageDatasets, Projects
from core.db import ImageAnalyses, Images, ImageVectors
from core.services import Services
from core.vision.vectors import rows
from tests.core.dataset.conftest import add_image
from tests.fakes.model import FakeModel
from tests.pictures import png

COUNT = 24


@pytest.fixture
def model() -> FakeModel:
    return FakeModel()


@pytest.fixture
def services(services: Services, model: FakeModel) -> Services:
    """The services, with a model that answers what it is told."""
    return Services(services.db, model)


@pytest.fixture
def images(services: Services, project: Projects) -> list[str]:
    """Images on a quarter circle, each nearest to those beside it; the second one is a near-duplicate of the first."""
    # Only the last three have files: the others are never sent.
    files = [(f"{number:02}.png", png((number * 9, 40, 90))) for number in range(COUNT - 3, COUNT)]
    ids = [add_image(services.db, project.id, f"{number:02}.png").id for number in range(COUNT - 3)]
    ids += [outcome.image.id for outcome in services.intake.add_images(project.id, files) if outcome.image is not None]
    with services.db.transaction() as session:
        for number, image_id in enumerate(ids):
            session.get_one(Images, image_id).near_duplicate_of = ids[0] if number == 1 else None
            angle = number / COUNT * np.pi / 2
            vector = rows.packed(np.array([np.cos(angle), np.sin(angle)]))
            session.add(ImageVectors(project_id=project.id, image_id=image_id, kind="test 1", vector=vector))
    return ids


@pytest.fixture
def entries(services: Services, project: Projects, images: list[str]) -> list[ImageDatasets]:
    """Whether there is a dog in the first 21 images: always yes. It was checked that this can be guessed."""
    made = [
        services.dataset.create_dataset_entry(project.id, image_id, "Is there a dog?", "Yes", "openai/gpt-4o")
        for image_id in images[:21]
    ]
    asyncio.run(services.checks.run(project.id, "guessable"))
    return made


def found_objects(services: Services, project: Projects, image_id: str, *labels: str) -> None:
    """Store what a detector found in an image; nothing else was even suspected."""
    with services.db.transaction() as session:
        items = [{"label": label, "score": 0.99, "box_xyxy": [1, 1, 9, 9]} for label in labels]
        session.add(
            ImageAnalyses(
                project_id=project.id, image_id=image_id, analyzer="objects", version="centernet 1 / 1", model="",
                result={"items": items, "faint": {}},
            )
        )  # fmt: skip
