"""Projects for exports; the hostile project is made once, because exports only read it."""

from collections.abc import Iterator

import pytest

from core import ImageDatasets, Projects, connect
from core.services import Services
from tests.core.export import hostile as hostile_project
from tests.core.export.hostile import HostileProject
from tests.core.images.pictures import encoded


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostileProject]:
    with connect(tmp_path_factory.mktemp("hostile")) as db:
        yield hostile_project.make(db)


@pytest.fixture
def entries(services: Services, project: Projects) -> list[ImageDatasets]:
    """Two entries with an answer and one without, on one image."""
    (outcome,) = services.intake.add_images(project.id, [("photo.jpg", encoded())])
    assert outcome.image is not None
    with services.db.transaction() as session:
        rows = [
            ImageDatasets(
                project_id=project.id, image_id=outcome.image.id, image_name="photo.jpg", question=question,
                answer=answer, confirmed=True, id=f"entry-{number}",
            )
            for number, (question, answer) in enumerate([("What color?", "Blue."), ("How many?", "3"), ("Where?", "")])
        ]  # fmt: skip
        session.add_all(rows)
    return rows
