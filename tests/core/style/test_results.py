"""Results: history, keep, discard, rate."""

import pytest

from core import ImageDatasetService, ImageService, StyleDatasets, StyleGenerationService
from core.db import Database
from core.errors import InvalidInputError
from core.export import ExportService
from core.export.recipe import ExportRecipe
from core.style.results import ResultFilter
from tests.core.style.looks import WARM_SOFT, drawn, encoded
from tests.fakes.image_model import FakeImageModel

GEMINI = {"model": "gemini/gemini-3-pro-image", "api_key": "sk-secret"}
NEW = encoded(drawn(WARM_SOFT, 90, (256, 256)))


async def test_history_is_filtered_and_paged(
    dataset: StyleDatasets, style: StyleGenerationService, artist: FakeImageModel
) -> None:
    artist.enqueue_images(*[encoded(drawn(WARM_SOFT, 90 + number)) for number in range(5)])
    made = [
        await style.generate_image(f"Cup {number}", dataset.id, config=GEMINI, keep=number % 2 == 0)
        for number in range(5)
    ]
    style.results.rate(made[1].id, 1)
    project_id = dataset.project_id

    first = style.results.history(project_id, limit=2)
    second = style.results.history(project_id, limit=2, after=first.next_cursor)

    assert [result.generated.prompt for result in (*first.items, *second.items)] == ["Cup 4", "Cup 3", "Cup 2", "Cup 1"]
    assert (first.total, second.next_cursor is not None) == (5, True)
    assert style.results.history(project_id, ResultFilter(kept=True)).total == 3
    assert [result.id for result in style.results.history(project_id, ResultFilter(rating=1)).items] == [made[1].id]
    assert [result.id for result in style.results.history(project_id, ResultFilter(text="CUP 3")).items] == [made[3].id]
    assert style.results.history(project_id, ResultFilter(text="%")).total == 0
    assert style.results.history(project_id, ResultFilter(dataset_id="other")).total == 0


async def test_a_result_is_hidden_until_it_is_kept_and_again_when_that_is_undone(
    dataset: StyleDatasets, style: StyleGenerationService, artist: FakeImageModel, images: ImageService
) -> None:
    artist.enqueue_images(NEW)
    made = await style.generate_image("A teapot", dataset.id, config=GEMINI, keep=False)
    assert len(images.list_images(dataset.project_id)) == 8
    assert images.get_image(made.image_id or "") is None
    assert images.get_image(made.image_id or "", include_hidden=True) is not None

    kept = style.results.keep(made.id)

    assert images.get_image(kept.id) is not None
    assert style.results.get_result(made.id).generated.kept

    style.results.unkeep(made.id)

    assert images.get_image(kept.id) is None
    assert images.get_image(kept.id, include_hidden=True) is not None


async def test_two_results_with_the_same_bytes_are_kept_as_one_image(
    dataset: StyleDatasets, style: StyleGenerationService, artist: FakeImageModel, images: ImageService
) -> None:
    artist.enqueue_images(NEW, NEW)
    first = await style.generate_image("A teapot", dataset.id, config=GEMINI, keep=False)
    second = await style.generate_image("A teapot", dataset.id, config=GEMINI, keep=False)

    style.results.keep(first.id)
    style.results.keep(second.id)

    assert len(images.list_images(dataset.project_id)) == 9
    assert (
        style.results.get_result(first.id).generated.image_id == style.results.get_result(second.id).generated.image_id
    )


async def test_a_result_with_the_bytes_of_an_upload_never_hides_the_upload(
    dataset: StyleDatasets, style: StyleGenerationService, artist: FakeImageModel, images: ImageService
) -> None:
    (upload,) = images.intake.add_images(dataset.project_id, [("teapot.png", NEW)])
    assert upload.image is not None
    artist.enqueue_images(NEW)

    made = await style.generate_image("A teapot", dataset.id, config=GEMINI, keep=False)
    assert (made.image_id, made.kept) == (upload.image.id, True)
    style.results.unkeep(made.id)

    assert images.get_image(upload.image.id) is not None


async def test_discarding_can_be_undone(
    dataset: StyleDatasets, style: StyleGenerationService, artist: FakeImageModel
) -> None:
    artist.enqueue_images(NEW)
    made = await style.generate_image("A teapot", dataset.id, config=GEMINI, keep=False)

    style.results.discard(made.id)
    assert style.results.history(dataset.project_id).total == 0
    assert style.results.history(dataset.project_id, ResultFilter(discarded=True)).total == 1

    style.results.restore(made.id)
    assert style.results.history(dataset.project_id).total == 1


async def test_a_result_can_become_a_reference(
    dataset: StyleDatasets, style: StyleGenerationService, artist: FakeImageModel
) -> None:
    artist.enqueue_images(NEW)
    made = await style.generate_image("A teapot", dataset.id, config=GEMINI, keep=False)

    style.results.use_as_reference(made.id, dataset.id)

    entries = style.datasets.list_images(dataset.id)
    assert len(entries) == 9
    assert entries[-1].row.analysis_model == "offline/measure"


def test_a_deleted_image_is_not_shown_as_a_hidden_one(images: ImageService, image_ids: list[str]) -> None:
    images.delete_image(image_ids[0])

    assert images.get_image(image_ids[0], include_hidden=True) is None
    assert images.get_image("nowhere", include_hidden=True) is None


async def test_a_hidden_image_is_neither_deleted_nor_restored_through_the_library(
    dataset: StyleDatasets, style: StyleGenerationService, artist: FakeImageModel, images: ImageService
) -> None:
    artist.enqueue_images(NEW)
    made = await style.generate_image("A teapot", dataset.id, config=GEMINI, keep=False)
    image_id = made.image_id or ""

    assert images.delete_image(image_id) is False
    images.library.restore_images([image_id])

    assert images.get_image(image_id) is None
    assert images.get_image(image_id, include_hidden=True) is not None
    assert images.get_project_image_stats(dataset.project_id)["total_images"] == 8


async def test_a_kept_image_that_is_deleted_from_the_library_is_gone_from_its_result_until_it_is_kept_again(
    dataset: StyleDatasets, style: StyleGenerationService, artist: FakeImageModel, images: ImageService
) -> None:
    artist.enqueue_images(NEW)
    made = await style.generate_image("A teapot", dataset.id, config=GEMINI)
    style.results.use_as_reference(made.id, dataset.id)

    images.delete_image(made.image_id or "")

    assert style.results.get_result(made.id).image is None
    assert [result.image for result in style.results.history(dataset.project_id).items] == [None]
    assert len(style.datasets.list_images(dataset.id)) == 8
    assert images.get_image(made.image_id or "", include_hidden=True) is None
    assert style.results.keep(made.id).id == made.image_id
    assert len(style.datasets.list_images(dataset.id)) == 9


async def test_an_entry_of_an_image_that_is_hidden_again_is_not_exported(
    db: Database, dataset: StyleDatasets, style: StyleGenerationService, artist: FakeImageModel, images: ImageService
) -> None:
    artist.enqueue_images(NEW)
    made = await style.generate_image("A teapot", dataset.id, config=GEMINI)
    ImageDatasetService(db).create_dataset_entry(
        dataset.project_id, made.image_id or "", "What is it?", "A teapot.", "m", confirmed=True
    )

    style.results.unkeep(made.id)

    counts = ExportService(db, images).count(dataset.project_id, ExportRecipe(format="llava"))
    assert (counts.entries, counts.left_out) == (0, {"its image was deleted": 1})


@pytest.mark.parametrize("rating", [2, -2])
def test_a_rating_is_good_bad_or_none(style: StyleGenerationService, rating: int) -> None:
    with pytest.raises(InvalidInputError):
        style.results.rate("any", rating)
