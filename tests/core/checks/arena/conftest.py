"""A project with questions that two models on a real socket answer."""

from collections.abc import Iterator
from typing import Any

import pytest

from core import ImageDatasets, Projects
from core.services import Services
from tests.fakes.provider import Call, FakeProvider, Reply
from tests.pictures import png

COLORS = ("red", "blue", "green")


def answering(wrong: set[int]) -> Any:
    """Return a script that answers question n by its color, and those in *wrong* by another."""

    def reply(call: Call) -> Reply:
        text = " ".join(call.texts)
        number = int(text.partition("thing ")[2].partition("?")[0])
        return Reply("purple" if number in wrong else f"<think>...</think>{COLORS[number % 3]}.")

    return reply


@pytest.fixture
def entries(services: Services, project: Projects) -> list[ImageDatasets]:
    """24 confirmed entries about as many images, and a description that no measure scores."""
    added = services.intake.add_images(
        project.id, [(f"{number}.png", png((number * 10, 90, 90))) for number in range(24)]
    )
    images = [one.image.id for one in added if one.image is not None]
    made = [
        services.dataset.create_dataset_entry(
            project.id, image_id, f"What color is thing {number}?", COLORS[number % 3],
            kind="attribute" if number % 2 else "color", model="openai/gpt-4o" if number < 5 else "",
        )
        for number, image_id in enumerate(images)
    ]  # fmt: skip
    made.append(
        services.dataset.create_dataset_entry(
            project.id, images[0], "Describe it?", "A long description of the picture that nobody says word for word."
        )
    )
    services.review.bulk_ids(project.id, [one.id for one in made], "confirm")
    return made


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    with FakeProvider() as opened:
        yield opened
