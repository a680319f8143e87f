"""Images that a person puts into a split are in it everywhere, with their families, until it is undone."""

import pytest

from core import Projects
from core.dataset import parse_search
from core.db import Images
from core.errors import InvalidInputError, NotFoundError
from core.export import SplitShares, parse_recipe
from core.export.recipe import Split
from core.services import Services
from tests.core.export.test_incremental import Shelf, _splits

HALF = {"train": 50, "validation": 50, "test": 0}


@pytest.fixture
def shelf(services: Services, project: Projects) -> Shelf:
    return Shelf(services, project)


def _of_images(services: Services, shelf: Shelf) -> dict[str, Split]:
    with services.db.reading() as session:
        return services.splits.of_images(session, shelf.project.id)


def _relate(shelf: Shelf, number: int, of: int, *, is_variant: bool = False) -> None:
    with shelf.db.transaction() as session:
        image = session.get_one(Images, shelf.image_ids[number])
        if is_variant:
            image.variant_of, image.variant_steps = shelf.image_ids[of], [{"operation": "flip"}]
        else:
            image.near_duplicate_of = shelf.image_ids[of]


def test_an_export_that_names_only_shares_has_pinned_images_with_their_family(services: Services, shelf: Shelf) -> None:
    _relate(shelf, 2, 0)
    _relate(shelf, 3, 0, is_variant=True)
    done = services.splits.put(shelf.project.id, [shelf.image_ids[2]], "test", actor="Ada")
    _, made = shelf.export(splits=HALF)

    assert (done.images, done.following) == (1, 2)
    placed = _splits(shelf, made)
    assert {question for question, split in placed.items() if split == "test"} == {
        "0, a?", "0, b?", "2, a?", "2, b?", "3, a?", "3, b?",
    }  # fmt: skip
    assert placed["1, a?"] in ("train", "validation")
    assert made.report["pinned"]["images"] == {"test": 3}
    assert [event.actor for event in services.library.history(shelf.image_ids[2])] == ["Ada"]


def test_pins_divide_an_export_of_one_split_and_refuse_a_single_file(services: Services, shelf: Shelf) -> None:
    services.splits.put(shelf.project.id, [shelf.image_ids[1]], "validation")
    _, made = shelf.export()

    assert {split: counts["entries"] for split, counts in made.report["splits"].items()} == {
        "train": 6, "validation": 2,
    }  # fmt: skip
    with pytest.raises(InvalidInputError, match="Images were put into train and validation"):
        shelf.export(container="file", images="none")


def test_the_newest_of_a_family_counts_and_by_hash_frees_all_of_it(services: Services, shelf: Shelf) -> None:
    _relate(shelf, 1, 0)
    for number, split in ((0, "test"), (1, "validation")):
        services.splits.put(shelf.project.id, [shelf.image_ids[number]], split)  # type: ignore[arg-type]
    assert [_of_images(services, shelf)[shelf.image_ids[number]] for number in range(3)] == [
        "validation", "validation", "train",
    ]  # fmt: skip

    done = services.splits.put(shelf.project.id, [shelf.image_ids[0]], None)
    assert (done.images, services.splits.counts(shelf.project.id)) == (2, {})
    assert _of_images(services, shelf) == {}


def test_an_undo_takes_back_what_nobody_changed_since(services: Services, shelf: Shelf) -> None:
    first, second = shelf.image_ids[:2]
    services.splits.put(shelf.project.id, [first], "train")
    done = services.splits.put(shelf.project.id, [first, second], "test")
    services.splits.put(shelf.project.id, [second], "validation")
    undone = services.splits.undo(shelf.project.id, done.batch_id)

    assert (undone.images, undone.conflicts) == (1, 1)
    assert services.splits.counts(shelf.project.id) == {"train": 1, "validation": 1}
    again = services.splits.undo(shelf.project.id, _last_batch(services, second))
    assert (again.images, services.splits.counts(shelf.project.id)) == (1, {"train": 1, "test": 1})
    with pytest.raises(NotFoundError, match="no change of splits"):
        services.splits.undo(shelf.project.id, "x" * 21)


def _last_batch(services: Services, image_id: str) -> str:
    return services.library.history(image_id)[0].batch_id


def test_a_pin_goes_before_the_split_of_an_earlier_export(services: Services, shelf: Shelf) -> None:
    first, made = shelf.export(splits=HALF)
    before = _splits(shelf, made)["0, a?"]
    services.splits.put(shelf.project.id, [shelf.image_ids[0]], "test")
    _, continued = shelf.export(since=first, splits=HALF)

    assert _splits(shelf, continued) == {"0, a?": "test", "0, b?": "test"}
    assert sorted(continued.report["pinned"]["moved_entries"]) == sorted(shelf.ids[:2])
    assert (before != "test", continued.report["changes"]["added"]) == (True, 0)


def test_a_version_is_where_its_original_was_put_and_a_list_of_entries_too(services: Services, shelf: Shelf) -> None:
    services.splits.put(shelf.project.id, [shelf.image_ids[0]], "test")
    _relate(shelf, 1, 0, is_variant=True)
    services.images.delete_image(shelf.image_ids[0])
    assert _of_images(services, shelf)[shelf.image_ids[1]] == "test"

    entries = services.dataset.iter_dataset_entries(shelf.project.id)
    output = services.db.data_dir / "listed"
    report = services.exporter.export_with_images(entries, output, "roboflow")
    rows = (output / "test" / "annotations.jsonl").read_text()
    assert report["splits"]["test"]["images"] >= 1
    assert "1, a?" in rows


def test_images_and_entries_are_found_by_where_they_were_put(services: Services, shelf: Shelf) -> None:
    services.splits.put(shelf.project.id, shelf.image_ids[:1], "test")

    assert services.image_queries.find_ids(shelf.project.id, "pinned:test") == shelf.image_ids[:1]
    assert services.image_queries.count(shelf.project.id, "pinned:none") == 3
    assert len(services.entries.find_entries(shelf.project.id, parse_search("pinned:test")).items) == 2


def test_what_does_not_exist_is_refused(services: Services, shelf: Shelf) -> None:
    with pytest.raises(InvalidInputError, match="There is no split dev"):
        services.splits.put(shelf.project.id, shelf.image_ids, "dev")  # type: ignore[arg-type]
    with pytest.raises(NotFoundError, match="None of these images"):
        services.splits.put(shelf.project.id, ["x" * 21], "test")


def test_the_default_shares_have_everything_in_train() -> None:
    assert SplitShares().names == ("train",)
    assert parse_recipe({"format": "default"}).splits.names == ("train",)
