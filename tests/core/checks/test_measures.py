"""What checks say of the entries as they are now, without a task."""

from unittest.mock import patch

import pytest

from core import ImageDatasets, ImageDatasetService, Projects
from core.checks import DatasetChecks, guessable
from core.db import Database
from core.errors import InvalidInputError, NotFoundError
from tests.core.dataset.conftest import add_image


@pytest.fixture
def asked(db: Database, project: Projects) -> list[ImageDatasets]:
    """60 questions about 30 images: whether there is a dog, mostly yes, and what its name is, always another."""
    dataset = ImageDatasetService(db)
    entries = []
    for number in range(30):
        image = add_image(db, project.id, f"{number}.jpg")
        is_there = "yes" if number % 6 else "no"
        entries += [
            dataset.create_dataset_entry(project.id, image.id, "Is there a dog?", is_there, kind="yes/no"),
            dataset.create_dataset_entry(project.id, image.id, "What is its name?", f"name{number}", kind="text"),
        ]
    return entries


def test_guessability_says_how_many_answers_can_be_guessed_also_by_kind_and_of_each_entry(
    db: Database, project: Projects, asked: list[ImageDatasets]
) -> None:
    found = DatasetChecks(db).guessability(project.id)
    assert (found.share, found.majority_share) == (25 / 60, 25 / 60)
    assert found.by_kind == {"text": 0.0, "yes/no": 25 / 30}
    assert found.entries.keys() == {entry.id for entry in asked}
    yes = [found.entries[entry.id] for entry in asked if entry.answer == "yes"]
    no = [found.entries[entry.id] for entry in asked if entry.answer == "no"]
    assert min(yes) > max(no)
    assert found.interval[0] < found.share < found.interval[1]


def test_its_filters_are_those_of_a_list_of_entries(
    db: Database, project: Projects, asked: list[ImageDatasets]
) -> None:
    checks = DatasetChecks(db)
    assert checks.guessability(project.id, search="kind:yes/no").share == 25 / 30
    dataset = ImageDatasetService(db)
    for entry in asked[:40]:
        dataset.confirm_entry(entry.id)
    assert len(checks.guessability(project.id, confirmed=True).entries) == 40
    with pytest.raises(InvalidInputError, match="At least 20 entries are needed"):
        checks.guessability(project.id, image_id=asked[0].image_id)
    with pytest.raises(InvalidInputError, match="There is no field called color"):
        checks.guessability(project.id, search="color:red")
    with pytest.raises(NotFoundError):
        checks.guessability("x" * 21)


async def test_the_newest_run_is_read_until_an_entry_is_written(
    db: Database, project: Projects, asked: list[ImageDatasets]
) -> None:
    checks = DatasetChecks(db)
    await checks.run(project.id, "guessable")
    with patch.object(guessable, "guess", side_effect=AssertionError("nothing has to be guessed")):
        stored = checks.guessability(project.id)
        with pytest.raises(AssertionError, match="nothing has to be guessed"):
            checks.guessability(project.id, search="kind:text")
    assert stored.share == 25 / 60
    ImageDatasetService(db).delete_dataset_entry(asked[2].id)
    computed = checks.guessability(project.id)
    assert computed.share == 24 / 59
    assert stored.entries.keys() - computed.entries.keys() == {asked[2].id}


def test_pruning_names_what_to_leave_out_and_changes_nothing(
    db: Database, project: Projects, asked: list[ImageDatasets]
) -> None:
    checks = DatasetChecks(db)
    found = checks.pruning(project.id, 0.3)
    assert (found.share_before, found.is_reached) == (25 / 60, True)
    assert found.share_after <= 0.3
    assert set(found.entry_ids) <= {entry.id for entry in asked if entry.answer == "yes"}
    assert len(ImageDatasetService(db).list_dataset_entries(project.id)) == 60
    with pytest.raises(InvalidInputError, match="target cannot be used"):
        checks.pruning(project.id, 2)


def test_verifiability_names_the_checker_of_each_entry(
    db: Database, project: Projects, asked: list[ImageDatasets]
) -> None:
    found = DatasetChecks(db).verifiability(project.id)
    assert (found.share, found.checkers) == (1.0, {"exact": 30, "anls": 30})
    assert found.entries[asked[0].id] == "exact"
