"""Verification: a result is kept with an entry when a vision model gives the expected answer."""

import pytest

from core import ImageDatasetService, ImageService, StyleDatasets, StyleGenerationService
from core.db import Database
from core.errors import InvalidInputError
from core.style.verification import answer_matches
from tests.core.style.looks import WARM_SOFT, drawn, encoded
from tests.fakes.image_model import FakeImageModel

GPT = {"model": "openai/gpt-4o", "api_key": "sk-test"}


@pytest.mark.parametrize(
    ("expected", "answer", "matches"),
    [
        ("Three", "three.", True),
        ("three cups", "There are three cups on the table.", True),
        ("three", "thirteen", False),
        ("three", "four", False),
        ("", "anything", False),
    ],
)
def test_an_answer_matches_when_it_contains_the_expected_words(expected: str, answer: str, matches: bool) -> None:
    assert answer_matches(expected, answer) is matches


async def result_of(style: StyleGenerationService, artist: FakeImageModel, dataset: StyleDatasets) -> str:
    artist.enqueue_images(encoded(drawn(WARM_SOFT, 90)))
    return (await style.generate_image("Three cups", dataset.id, config=GPT, keep=False)).id


async def test_a_matching_answer_keeps_the_image_and_creates_an_entry_to_review(
    db: Database, dataset: StyleDatasets, style: StyleGenerationService, artist: FakeImageModel, images: ImageService
) -> None:
    made = await result_of(style, artist, dataset)
    artist.enqueue_answers("Three")

    checked = await style.generator.keep_if_verified(made, "How many cups?", "three", GPT)

    (entry,) = ImageDatasetService(db).list_dataset_entries(dataset.project_id)
    assert (checked.matches, checked.answer) == (True, "Three")
    assert (entry.question, entry.answer, entry.model, entry.confirmed) == (
        "How many cups?", "three", "openai/gpt-4o", False,
    )  # fmt: skip
    assert images.get_image(entry.image_id) is not None


async def test_another_answer_keeps_nothing(
    db: Database, dataset: StyleDatasets, style: StyleGenerationService, artist: FakeImageModel
) -> None:
    made = await result_of(style, artist, dataset)
    artist.enqueue_answers("Four")

    checked = await style.generator.keep_if_verified(made, "How many cups?", "three", GPT)

    assert (checked.matches, checked.entry) == (False, None)
    assert not style.results.get_result(made).generated.kept
    assert ImageDatasetService(db).list_dataset_entries(dataset.project_id) == []


async def test_a_question_without_an_expected_answer_is_refused(style: StyleGenerationService) -> None:
    with pytest.raises(InvalidInputError, match="planned"):
        await style.generator.keep_if_verified("any", "How many cups?", " ", GPT)
