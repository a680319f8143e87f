"""Results: their history, keeping, discarding, rating."""

import pytest

from core import ImageService, StyleDatasets, StyleGenerationService
from core.errors import InvalidInputError
from core.style.results import ResultFilter
from tests.core.style.looks import WARM_SOFT, drawn, encoded
from tests.fakes.artist import FakeArtist

GEMINI = {"model": "gemini/gemini-3-pro-image", "api_key": "sk-secret"}
NEW = encoded(drawn(WARM_SOFT, 90, (256, 256)))


async def test_history_is_filtered_and_paged(
    dataset: StyleDatasets, style: StyleGenerationService, artist: FakeArtist
) -> None:
    artist.enqueue_images(*[encoded(drawn(WARM_SOFT, 90 + number)) for number in range(5)])
    made = [
        await style.generate_image(f"Cup {number}", dataset.id, config=GEMINI, keep=number % 2 == 0)
        for number in range(5)
    ]
    style.rate(made[1].id, 1)
    project_id = dataset.project_id

    first = style.history(project_id, limit=2)
    second = style.history(project_id, limit=2, after=first.next_cursor)

    assert [result.generated.prompt for result in (*first.items, *second.items)] == ["Cup 4", "Cup 3", "Cup 2", "Cup 1"]
    assert (first.total, second.next_cursor is not None) == (5, True)
    assert style.history(project_id, ResultFilter(kept=True)).total == 3
    assert [one.id for one in style.history(project_id, ResultFilter(rating=1)).items] == [made[1].id]
    assert [one.id for one in style.history(project_id, ResultFilter(text="CUP 3")).items] == [made[3].id]
    assert style.history(project_id, ResultFilter(text="%")).total == 0
    assert style.history(project_id, ResultFilter(dataset_id="other")).total == 0


async def test_a_result_is_out_of_the_project_until_it_is_kept_and_can_be_shown_all_the_same(
    dataset: StyleDatasets, style: StyleGenerationService, artist: FakeArtist, images: ImageService
) -> None:
    artist.enqueue_images(NEW)
    made = await style.generate_image("A teapot", dataset.id, config=GEMINI, keep=False)
    assert len(images.list_images(dataset.project_id)) == 8
    assert style.shown_anyway(made.image_id or "") is not None

    kept = style.keep(made.id)

    assert images.get_image(kept.id) is not None
    assert style.result(made.id).generated.kept
    assert style.references_of([kept.id]) == {kept.id: [used["image_id"] for used in made.recipe["references"]]}

    style.put_back(made.id)

    assert images.get_image(kept.id) is None
    assert style.references_of([kept.id]) == {}


async def test_an_image_the_library_has_already_is_not_kept_twice(
    dataset: StyleDatasets, style: StyleGenerationService, artist: FakeArtist, images: ImageService
) -> None:
    artist.enqueue_images(NEW, NEW)
    first = await style.generate_image("A teapot", dataset.id, config=GEMINI, keep=False)
    second = await style.generate_image("A teapot", dataset.id, config=GEMINI, keep=False)

    style.keep(first.id)
    style.keep(second.id)

    assert len(images.list_images(dataset.project_id)) == 9
    assert style.result(first.id).generated.image_id == style.result(second.id).generated.image_id


async def test_discarding_can_be_undone(
    dataset: StyleDatasets, style: StyleGenerationService, artist: FakeArtist
) -> None:
    artist.enqueue_images(NEW)
    made = await style.generate_image("A teapot", dataset.id, config=GEMINI, keep=False)

    style.discard(made.id)
    assert style.history(dataset.project_id).total == 0
    assert style.history(dataset.project_id, ResultFilter(discarded=True)).total == 1

    style.restore(made.id)
    assert style.history(dataset.project_id).total == 1


async def test_a_result_can_become_a_reference(
    dataset: StyleDatasets, style: StyleGenerationService, artist: FakeArtist
) -> None:
    artist.enqueue_images(NEW)
    made = await style.generate_image("A teapot", dataset.id, config=GEMINI, keep=False)

    style.use_as_reference(made.id, dataset.id)

    entries = style.list_images(dataset.id)
    assert len(entries) == 9
    assert entries[-1].row.analysis_model == "offline/measure"


def test_an_image_that_nothing_refers_to_is_not_shown_after_it_was_deleted(
    style: StyleGenerationService, images: ImageService, image_ids: list[str]
) -> None:
    images.delete_image(image_ids[0])

    assert style.shown_anyway(image_ids[0]) is None
    assert style.shown_anyway("nowhere") is None


@pytest.mark.parametrize("rating", [2, -2])
def test_a_thumb_is_up_down_or_none(style: StyleGenerationService, rating: int) -> None:
    with pytest.raises(InvalidInputError):
        style.rate("any", rating)
