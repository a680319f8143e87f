"""Style datasets: create, change, version, copy, delete, restore."""

import pytest

from core import ImageService, Projects, ProjectService, StyleDatasets, StyleGenerationService
from core.db import Database
from core.errors import InvalidInputError, NotFoundError
from tests.core.style.looks import COLD_GRAINY, drawn, encoded


def test_a_style_dataset_has_a_name_guidelines_and_a_version(style: StyleGenerationService, project: Projects) -> None:
    made = style.create_style_dataset(project.id, "  Warm   and soft ", " No people ")

    assert (made.name, made.master_prompt, made.version) == ("Warm and soft", "No people", 1)
    assert [dataset.id for dataset in style.datasets.list_style_datasets(project.id)] == [made.id]


def test_a_style_dataset_needs_a_name_and_a_project(style: StyleGenerationService, project: Projects) -> None:
    with pytest.raises(InvalidInputError, match="needs a name"):
        style.create_style_dataset(project.id, "  ")
    with pytest.raises(NotFoundError):
        style.create_style_dataset("nowhere", "Warm")


def test_its_first_images_belong_to_its_first_version(dataset: StyleDatasets, style: StyleGenerationService) -> None:
    assert style.datasets.get_style_dataset(dataset.id).version == 1
    assert len(style.datasets.list_images(dataset.id)) == 8


def test_an_image_or_url_is_added_once(
    dataset: StyleDatasets, style: StyleGenerationService, image_ids: list[str]
) -> None:
    added = style.add_images(
        dataset.id, image_ids[:3], ["https://example.com/a.png", " https://example.com/a.png ", ""]
    )

    assert [row.image_url for row in added] == ["https://example.com/a.png"]
    assert style.add_images(dataset.id, image_ids, ["https://example.com/a.png"]) == []


def test_an_image_that_does_not_exist_cannot_be_added(dataset: StyleDatasets, style: StyleGenerationService) -> None:
    with pytest.raises(NotFoundError, match="1 of these images"):
        style.add_images(dataset.id, ["nowhere"])
    assert len(style.datasets.list_images(dataset.id)) == 8


def test_every_change_makes_a_version_that_names_the_change(
    dataset: StyleDatasets, style: StyleGenerationService
) -> None:
    style.datasets.update_style_dataset(dataset.id, master_prompt="Soft light")
    style.datasets.update_style_dataset(dataset.id, name="Warm", master_prompt="Soft light")
    style.datasets.update_style_dataset(dataset.id, name="Warm")
    style.datasets.remove_images(dataset.id, [style.datasets.list_images(dataset.id)[0].row.id])
    style.add_images(dataset.id, urls=["https://example.com/a.png"])

    changes = [(version.version, version.change) for version in style.datasets.list_versions(dataset.id)]
    assert changes == [
        (5, "1 image added"), (4, "1 image removed"), (3, "renamed"), (2, "guidelines changed"), (1, "created"),
    ]  # fmt: skip


def test_an_older_version_still_has_its_images(dataset: StyleDatasets, style: StyleGenerationService) -> None:
    first = style.datasets.list_images(dataset.id)[0].row.id
    style.datasets.remove_images(dataset.id, [first])

    assert first not in {entry.row.id for entry in style.datasets.list_images(dataset.id)}
    assert first in {entry.row.id for entry in style.datasets.list_images(dataset.id, 1)}


def test_restoring_a_version_makes_a_new_version_like_it(dataset: StyleDatasets, style: StyleGenerationService) -> None:
    first = style.datasets.list_images(dataset.id)[0]
    style.datasets.remove_images(dataset.id, [first.row.id])
    style.datasets.update_style_dataset(dataset.id, master_prompt="Hard light")

    restored = style.datasets.restore_version(dataset.id, 1)

    assert (restored.version, restored.master_prompt) == (4, "No people")
    assert first.row.image_id in {entry.row.image_id for entry in style.datasets.list_images(dataset.id)}
    assert len(style.datasets.list_images(dataset.id)) == 8
    with pytest.raises(NotFoundError):
        style.datasets.restore_version(dataset.id, 99)


def test_a_deleted_style_dataset_can_be_restored(
    dataset: StyleDatasets, style: StyleGenerationService, project: Projects
) -> None:
    assert style.datasets.delete_style_dataset(dataset.id)
    assert style.datasets.list_style_datasets(project.id) == []
    with pytest.raises(NotFoundError):
        style.datasets.get_style_dataset(dataset.id)

    style.datasets.restore_style_dataset(dataset.id)

    assert style.datasets.get_style_dataset(dataset.id).name == "Warm and soft"


def test_a_copy_in_another_project_has_its_images_and_their_analysis(
    dataset: StyleDatasets, style: StyleGenerationService, images: ImageService, db: Database
) -> None:
    other = ProjectService(db).create_project("Other")

    copied = style.datasets.copy_style_dataset(dataset.id, other.id)

    entries = style.datasets.list_images(copied.id)
    assert (copied.name, copied.project_id, copied.version) == ("Warm and soft", other.id, 1)
    assert {entry.image.project_id for entry in entries if entry.image} == {other.id}
    assert all(entry.row.analysis_result["measured"] for entry in entries)
    assert len(images.list_images(other.id)) == 8


def test_a_copy_in_the_same_project_shares_its_images(
    dataset: StyleDatasets, style: StyleGenerationService, images: ImageService, project: Projects
) -> None:
    copied = style.datasets.copy_style_dataset(dataset.id, project.id)

    assert copied.name == "Warm and soft, copy"
    assert len(style.datasets.list_images(copied.id)) == 8
    assert len(images.list_images(project.id)) == 8


def test_a_style_dataset_of_a_project_has_its_own_images_measured(
    style: StyleGenerationService, images: ImageService, project: Projects, image_ids: list[str]
) -> None:
    images.intake.add_images(project.id, [("made.png", encoded(drawn(COLD_GRAINY, 1)))], source="generated")

    made = style.datasets.create_from_project(project.id)

    summary = style.datasets.summary(made.id)
    assert (summary.images, summary.analyzed) == (8, 8)
    assert {entry.row.image_id for entry in style.datasets.list_images(made.id)} == set(image_ids)


def test_a_project_without_images_gives_no_style_dataset(style: StyleGenerationService, project: Projects) -> None:
    with pytest.raises(InvalidInputError, match="Upload some first"):
        style.datasets.create_from_project(project.id)
    assert style.datasets.list_style_datasets(project.id) == []


def test_a_draft_is_stored_without_a_new_version(dataset: StyleDatasets, style: StyleGenerationService) -> None:
    style.datasets.save_draft(dataset.id, {"prompt": "A teapot"})

    assert style.datasets.get_style_dataset(dataset.id).draft == {"prompt": "A teapot"}
    assert style.datasets.get_style_dataset(dataset.id).version == 1
