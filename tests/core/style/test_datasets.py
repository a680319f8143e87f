"""Style datasets: made, changed, versioned, copied, deleted and brought back."""

import pytest

from core import ImageService, Projects, ProjectService, StyleDatasets, StyleGenerationService
from core.db import Database
from core.errors import InvalidInputError, NotFoundError
from tests.core.style.looks import COLD_GRAINY, drawn, encoded


def test_a_style_dataset_has_a_name_guidelines_and_a_version(style: StyleGenerationService, project: Projects) -> None:
    made = style.create_style_dataset(project.id, "  Warm   and soft ", " No people ")

    assert (made.name, made.master_prompt, made.version) == ("Warm and soft", "No people", 1)
    assert [one.id for one in style.list_style_datasets(project.id)] == [made.id]


def test_a_style_dataset_needs_a_name_and_a_project(style: StyleGenerationService, project: Projects) -> None:
    with pytest.raises(InvalidInputError, match="needs a name"):
        style.create_style_dataset(project.id, "  ")
    with pytest.raises(NotFoundError):
        style.create_style_dataset("nowhere", "Warm")


def test_its_first_images_belong_to_its_first_version(dataset: StyleDatasets, style: StyleGenerationService) -> None:
    assert style.get_style_dataset(dataset.id).version == 1
    assert len(style.list_images(dataset.id)) == 8


def test_an_image_or_address_is_in_it_once(
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
    assert len(style.list_images(dataset.id)) == 8


def test_every_change_makes_a_version_that_says_what_changed(
    dataset: StyleDatasets, style: StyleGenerationService
) -> None:
    style.update_style_dataset(dataset.id, master_prompt="Soft light")
    style.update_style_dataset(dataset.id, name="Warm", master_prompt="Soft light")
    style.update_style_dataset(dataset.id, name="Warm")
    style.remove_images(dataset.id, [style.list_images(dataset.id)[0].row.id])
    style.add_images(dataset.id, urls=["https://example.com/a.png"])

    said = [(one.version, one.change) for one in style.style_versions(dataset.id)]
    assert said == [
        (5, "1 image added"), (4, "1 image removed"), (3, "renamed"), (2, "guidelines changed"), (1, "made"),
    ]  # fmt: skip


def test_an_older_version_still_has_its_images(dataset: StyleDatasets, style: StyleGenerationService) -> None:
    first = style.list_images(dataset.id)[0].row.id
    style.remove_images(dataset.id, [first])

    assert first not in {entry.row.id for entry in style.list_images(dataset.id)}
    assert first in {entry.row.id for entry in style.list_images(dataset.id, 1)}


def test_going_back_makes_a_new_version_like_the_old_one(dataset: StyleDatasets, style: StyleGenerationService) -> None:
    first = style.list_images(dataset.id)[0]
    style.remove_images(dataset.id, [first.row.id])
    style.update_style_dataset(dataset.id, master_prompt="Hard light")

    back = style.go_back_to_version(dataset.id, 1)

    assert (back.version, back.master_prompt) == (4, "No people")
    assert first.row.image_id in {entry.row.image_id for entry in style.list_images(dataset.id)}
    assert len(style.list_images(dataset.id)) == 8
    with pytest.raises(NotFoundError):
        style.go_back_to_version(dataset.id, 99)


def test_a_deleted_style_dataset_can_be_brought_back(
    dataset: StyleDatasets, style: StyleGenerationService, project: Projects
) -> None:
    assert style.delete_style_dataset(dataset.id)
    assert style.list_style_datasets(project.id) == []
    with pytest.raises(NotFoundError):
        style.get_style_dataset(dataset.id)

    style.restore_style_dataset(dataset.id)

    assert style.get_style_dataset(dataset.id).name == "Warm and soft"


def test_a_copy_in_another_project_brings_its_images_and_their_analysis(
    dataset: StyleDatasets, style: StyleGenerationService, images: ImageService, db: Database
) -> None:
    other = ProjectService(db).create_project("Other")

    copied = style.copy_style_dataset(dataset.id, other.id)

    entries = style.list_images(copied.id)
    assert (copied.name, copied.project_id, copied.version) == ("Warm and soft", other.id, 1)
    assert {entry.image.project_id for entry in entries if entry.image} == {other.id}
    assert all(entry.row.analysis_result["measured"] for entry in entries)
    assert len(images.list_images(other.id)) == 8


def test_a_copy_in_the_same_project_shares_its_images(
    dataset: StyleDatasets, style: StyleGenerationService, images: ImageService, project: Projects
) -> None:
    copied = style.copy_style_dataset(dataset.id, project.id)

    assert copied.name == "Warm and soft, copy"
    assert len(style.list_images(copied.id)) == 8
    assert len(images.list_images(project.id)) == 8


def test_one_click_makes_a_measured_style_dataset_of_the_projects_own_images(
    style: StyleGenerationService, images: ImageService, project: Projects, image_ids: list[str]
) -> None:
    images.intake.add_images(project.id, [("made.png", encoded(drawn(COLD_GRAINY, 1)))], source="generated")

    made = style.create_from_project(project.id)

    summary = style.summary(made.id)
    assert (summary.images, summary.analysed) == (8, 8)
    assert {entry.row.image_id for entry in style.list_images(made.id)} == set(image_ids)


def test_a_project_without_images_has_no_style_to_learn(style: StyleGenerationService, project: Projects) -> None:
    with pytest.raises(InvalidInputError, match="Upload some first"):
        style.create_from_project(project.id)
    assert style.list_style_datasets(project.id) == []


def test_a_draft_is_kept_as_it_was_left(dataset: StyleDatasets, style: StyleGenerationService) -> None:
    style.save_draft(dataset.id, {"prompt": "A teapot"})

    assert style.get_style_dataset(dataset.id).draft == {"prompt": "A teapot"}
    assert style.get_style_dataset(dataset.id).version == 1
