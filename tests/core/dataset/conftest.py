"""Two images in a project, and the services over its entries."""

import hashlib
from collections.abc import Callable

import pytest

from core import ImageDatasets, ImageDatasetService, Images, Projects
from core.dataset import CollaborationService, EntryQueries, ReviewService
from core.db import Database


def add_image(db: Database, project_id: str, name: str) -> Images:
    sha256 = hashlib.sha256(f"{project_id}/{name}".encode()).hexdigest()
    image = Images(
        project_id=project_id, image_name=name, path=f"{name}", size=1000, width=640, height=480,
        sha256=sha256, format="JPEG",
    )  # fmt: skip
    with db.transaction() as session:
        session.add(image)
    return image


@pytest.fixture
def image(db: Database, project: Projects) -> Images:
    return add_image(db, project.id, "shelf.jpg")


@pytest.fixture
def other_image(db: Database, project: Projects) -> Images:
    return add_image(db, project.id, "table.jpg")


@pytest.fixture
def dataset(db: Database) -> ImageDatasetService:
    return ImageDatasetService(db)


@pytest.fixture
def entries(db: Database) -> EntryQueries:
    return EntryQueries(db)


@pytest.fixture
def review(db: Database) -> ReviewService:
    return ReviewService(db)


@pytest.fixture
def collaboration(db: Database) -> CollaborationService:
    return CollaborationService(db)


@pytest.fixture
def make(dataset: ImageDatasetService, project: Projects, image: Images) -> Callable[..., ImageDatasets]:
    def make_entry(question: str = "How many cups?", answer: str = "three", **more: object) -> ImageDatasets:
        more = {"model": "openai/gpt-4o"} | more
        return dataset.create_dataset_entry(project.id, more.pop("image_id", image.id), question, answer, **more)

    return make_entry
