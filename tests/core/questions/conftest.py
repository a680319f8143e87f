from collections.abc import Iterator

import pytest

from core import ImageAnswerGenerationTask, ImageQuestionGenerationTask, Images, Projects
from core.llm.batches import model_batches, task_batches
from core.services import Services
from tests.fakes.batches import FakeBatches
from tests.fakes.model import FakeModel
from tests.pictures import png


@pytest.fixture
def model() -> FakeModel:
    return FakeModel()


@pytest.fixture
def asking(services: Services, model: FakeModel) -> ImageQuestionGenerationTask:
    return ImageQuestionGenerationTask(services.db, model, services.images)


@pytest.fixture
def answering(services: Services, model: FakeModel) -> ImageAnswerGenerationTask:
    return ImageAnswerGenerationTask(services.db, model, services.images)


@pytest.fixture
def images(services: Services, project: Projects) -> list[Images]:
    added = services.intake.add_images(project.id, [(f"{color}.png", png(color)) for color in ("red", "green", "blue")])
    return [outcome.image for outcome in added if outcome.image is not None]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeBatches]:
    """A provider of batches, whose answers are looked for at once."""
    monkeypatch.setattr(model_batches, "PACE", model_batches.Pace(first_s=0.01, longest_s=0.05))
    monkeypatch.setattr(task_batches, "_LOOK_S", 0.01)
    with FakeBatches() as running:
        yield running
