"""The closed loop: kept with an entry when the answer fits, left alone when not."""

import pytest

from core import ImageDatasetService, ImageService, StyleDatasets, StyleGenerationService
from core.db import Database
from core.errors import InvalidInputError
from core.style.closed_loop import fits
from tests.core.style.looks import WARM_SOFT, drawn, encoded
from tests.fakes.artist import FakeArtist

GPT = {"model": "openai/gpt-4o", "api_key": "sk-test"}


@pytest.mark.parametrize(
    ("planned", "seen", "fit"),
    [
        ("Three", "three.", True),
        ("three cups", "There are three cups on the table.", True),
        ("three", "thirteen", False),
        ("three", "four", False),
        ("", "anything", False),
    ],
)
def test_an_answer_fits_when_it_says_the_planned_words(planned: str, seen: str, fit: bool) -> None:
    assert fits(planned, seen) is fit


async def result_of(style: StyleGenerationService, artist: FakeArtist, dataset: StyleDatasets) -> str:
    artist.enqueue_images(encoded(drawn(WARM_SOFT, 90)))
    return (await style.generate_image("Three cups", dataset.id, config=GPT, keep=False)).id


async def test_a_fitting_answer_keeps_the_image_and_makes_an_entry_to_review(
    db: Database, dataset: StyleDatasets, style: StyleGenerationService, artist: FakeArtist, images: ImageService
) -> None:
    made = await result_of(style, artist, dataset)
    artist.enqueue_answers("Three")

    checked = await style.keep_if_it_shows(made, "How many cups?", "three", GPT)

    (entry,) = ImageDatasetService(db).list_dataset_entries(dataset.project_id)
    assert (checked.fits, checked.seen) == (True, "Three")
    assert (entry.question, entry.answer, entry.model, entry.confirmed) == (
        "How many cups?", "three", "openai/gpt-4o", False,
    )  # fmt: skip
    assert images.get_image(entry.image_id) is not None


async def test_an_answer_that_does_not_fit_keeps_nothing(
    db: Database, dataset: StyleDatasets, style: StyleGenerationService, artist: FakeArtist
) -> None:
    made = await result_of(style, artist, dataset)
    artist.enqueue_answers("Four")

    checked = await style.keep_if_it_shows(made, "How many cups?", "three", GPT)

    assert (checked.fits, checked.entry) == (False, None)
    assert not style.result(made).generated.kept
    assert ImageDatasetService(db).list_dataset_entries(dataset.project_id) == []


async def test_a_question_without_a_planned_answer_is_not_asked(style: StyleGenerationService) -> None:
    with pytest.raises(InvalidInputError, match="planned"):
        await style.keep_if_it_shows("any", "How many cups?", " ", GPT)
