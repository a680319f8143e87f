"""Entries about several images, turns of conversations, boxes, ratings and origin."""

import pytest

from core import ImageDatasetService, Images, Projects
from core.dataset import EntryQueries, ReviewService, parse_search
from core.dataset.entry_images import MAX_IMAGES
from core.db import Database, EntryImages, ImageDatasets
from core.errors import InvalidInputError, NotFoundError
from tests.core.dataset.conftest import add_image


@pytest.fixture
def images(db: Database, project: Projects) -> list[Images]:
    return [add_image(db, project.id, f"{name}.jpg") for name in "abc"]


@pytest.fixture
def pair(dataset: ImageDatasetService, project: Projects, images: list[Images]) -> ImageDatasets:
    first, second, _ = images
    return dataset.create_dataset_entry(
        project.id, first.id, "What changed?", "The cup", image_ids=[first.id, second.id], conversation_id="talk",
        turn=2, system="Be brief.", ratings={"relevance": 5}, origin="imported",
        boxes=[{"label": "cup", "xyxy": [10, 20, 30.5, 40], "image": 1}],
    )  # fmt: skip


def test_an_entry_keeps_all_that_it_was_given(
    pair: ImageDatasets, dataset: ImageDatasetService, images: list[Images]
) -> None:
    stored = dataset.get_dataset_entry(pair.id)
    assert (stored.image_id, stored.image_name) == (images[0].id, "a.jpg")
    assert stored.image_ids == [images[0].id, images[1].id]
    assert (stored.conversation_id, stored.turn, stored.system) == ("talk", 2, "Be brief.")
    assert stored.boxes == [{"label": "cup", "xyxy": [10, 20, 30.5, 40], "image": 1}]
    assert (stored.ratings, stored.origin) == ({"relevance": 5}, "imported")


def test_an_entry_of_one_image_lists_that_one(
    dataset: ImageDatasetService, project: Projects, images: list[Images]
) -> None:
    entry = dataset.create_dataset_entry(project.id, images[2].id, "What is it?", "A cup")
    assert entry.image_ids == [images[2].id]
    assert (entry.conversation_id, entry.turn, entry.system, entry.origin) == (None, 0, "", "")
    assert (entry.boxes, entry.ratings) == (None, None)


def test_an_entry_is_found_by_any_of_its_images_and_with_each_of_them(
    pair: ImageDatasets, dataset: ImageDatasetService, entries: EntryQueries, project: Projects, images: list[Images]
) -> None:
    first, second, other = (image.id for image in images)
    for image_id, expected in ((first, [pair.id]), (second, [pair.id]), (other, [])):
        found = entries.find_entries(project.id, parse_search(f"image:{image_id}"))
        assert [entry.id for entry in found.items] == expected
        assert entries.count_entries(project.id, parse_search(f"image:{image_id}")) == len(expected)
        assert [entry.id for entry in dataset.list_dataset_entries(project.id, image_id)] == expected
    by_image = entries.entries_of_images({first, second, other})
    assert {id_: [entry.id for entry in found] for id_, found in by_image.items()} == {
        first: [pair.id], second: [pair.id], other: [],
    }  # fmt: skip
    assert set(entries.images_of([pair])) == {first, second}


@pytest.mark.parametrize(
    ("line", "is_found"),
    [
        ("images:2", True), ("images:>1", True), ("images:1", False), ("conversation:talk", True),
        ("conversation:other", False), ("conversation:none", False), ("origin:imported", True),
        ("origin:person", False), ("origin:model", False), ("-origin:imported", False),
    ],
)  # fmt: skip
def test_the_search_line_knows_the_new_fields(
    line: str, is_found: bool, pair: ImageDatasets, entries: EntryQueries, project: Projects
) -> None:
    assert len(entries.find_entries(project.id, parse_search(line)).items) == is_found


def test_a_change_of_images_is_undone_as_a_whole(
    pair: ImageDatasets, dataset: ImageDatasetService, review: ReviewService, db: Database, project: Projects,
    images: list[Images],
) -> None:  # fmt: skip
    first, second, third = (image.id for image in images)
    changed = dataset.update_dataset_entry(pair.id, image_ids=[third, first, second], boxes=[])
    assert changed.image_ids == [third, first, second]
    assert (changed.image_name, changed.boxes) == ("c.jpg", None)
    assert _links(db, pair.id) == {first, second}

    review.undo(project.id)

    back = dataset.get_dataset_entry(pair.id)
    assert (back.image_ids, back.image_name) == ([first, second], "a.jpg")
    assert back.boxes == [{"label": "cup", "xyxy": [10, 20, 30.5, 40], "image": 1}]
    assert _links(db, pair.id) == {second}


def test_the_boxes_of_an_entry_must_lie_on_its_new_images(
    pair: ImageDatasets, dataset: ImageDatasetService, images: list[Images]
) -> None:
    with pytest.raises(InvalidInputError, match="Box 1 is on image 1, counted from 0; the entry has 1"):
        dataset.update_dataset_entry(pair.id, image_ids=[images[0].id])


def test_images_that_are_not_there_or_too_many_are_refused(
    dataset: ImageDatasetService, project: Projects, images: list[Images]
) -> None:
    first = images[0].id
    with pytest.raises(NotFoundError, match="This image is not in the project"):
        dataset.create_dataset_entry(project.id, first, "?", "!", image_ids=[first, "missing"])
    with pytest.raises(InvalidInputError, match="image_id is the first of image_ids"):
        dataset.create_dataset_entry(project.id, first, "?", "!", image_ids=[images[1].id, first])
    with pytest.raises(InvalidInputError, match="An entry has 1 to 32 images"):
        dataset.create_dataset_entry(project.id, first, "?", "!", image_ids=[first] * (MAX_IMAGES + 1))


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("turn", -1, "turn must be an integer from 0 to 10,000"),
        ("turn", True, "turn must be an integer"),
        ("conversation_id", "x" * 201, "at most 200 characters"),
        ("ratings", {"relevance": 6}, "integers from 1 to 5"),
        ("ratings", {"beauty": 3}, "integers from 1 to 5 for relevance"),
        ("origin", "a friend", "origin is imported, or empty"),
    ],
)
def test_values_out_of_range_are_refused(
    field: str, value: object, message: str, pair: ImageDatasets, dataset: ImageDatasetService
) -> None:
    with pytest.raises(InvalidInputError, match=message):
        dataset.update_dataset_entry(pair.id, **{field: value})


def _links(db: Database, entry_id: str) -> set[str]:
    from sqlmodel import select

    with db.reading() as session:
        return set(session.exec(select(EntryImages.image_id).where(EntryImages.entry_id == entry_id)))
