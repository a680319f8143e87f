"""A project with images of one style, its style dataset, and a fake image model."""

import pytest

from core import ImageService, Projects, StyleDatasets, StyleGenerationService
from core.db import Database
from tests.core.style.looks import WARM_SOFT, drawn, encoded
from tests.fakes.image_model import FakeImageModel


@pytest.fixture
def artist() -> FakeImageModel:
    return FakeImageModel()


@pytest.fixture
def images(db: Database) -> ImageService:
    return ImageService(db)


@pytest.fixture
def style(db: Database, artist: FakeImageModel, images: ImageService) -> StyleGenerationService:
    return StyleGenerationService(db, artist, images)


@pytest.fixture
def image_ids(images: ImageService, project: Projects) -> list[str]:
    """Eight images of one style."""
    files = [(f"warm-{content}.png", encoded(drawn(WARM_SOFT, content))) for content in range(8)]
    return [outcome.image.id for outcome in images.intake.add_images(project.id, files) if outcome.image]


@pytest.fixture
def dataset(style: StyleGenerationService, project: Projects, image_ids: list[str]) -> StyleDatasets:
    """The style dataset of the eight images, measured."""
    made = style.create_style_dataset(project.id, "Warm and soft", "No people")
    style.add_images(made.id, image_ids)
    style.analysis.measure_images(made.id)
    return made
