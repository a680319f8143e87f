import pytest

from core import ImageAnswerGenerationTask, ImageQuestionGenerationTask, Images, Projects
from core.services import Services
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
