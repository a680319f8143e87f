from collections.abc import Callable, Iterator
from typing import Any

import pytest

from core import ImageDatasets, Images, Projects
from core.checks.asking import registry
from core.services import Services
from tests.core.checks.asking.toy import CHECK
from tests.fakes.provider import FakeProvider
from tests.pictures import png


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry.asking_checks(), "toy", CHECK)


@pytest.fixture
def image(services: Services, project: Projects) -> Images:
    (added,) = services.intake.add_images(project.id, [("shelf.png", png("red"))])
    assert added.image is not None
    return added.image


@pytest.fixture
def make(services: Services, project: Projects, image: Images) -> Callable[..., ImageDatasets]:
    def make_entry(question: str, answer: str, **more: Any) -> ImageDatasets:
        return services.dataset.create_dataset_entry(project.id, image.id, question, answer, **more)

    return make_entry


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    with FakeProvider() as opened:
        yield opened


@pytest.fixture
def model(provider: FakeProvider) -> dict[str, str]:
    return {"model": "openai/gpt-4o", "api_base": f"{provider.url}/v1", "api_key": "key-of-the-tests"}
