"""Entries as a DataFrame and as a dataset with images, with files and rows of a real project."""

import io

import pandas
import pytest
from PIL import Image

from core import ImageDatasetService, ImageService, Projects
from core.dataset.tables import COLUMNS
from core.db import Database
from tests.pictures import png

BOX = {"label": "cup", "xyxy": [1.0, 2.0, 30.0, 40.0]}
RATINGS = {"relevance": 5, "formatting": 4}


@pytest.fixture
def images(db: Database) -> ImageService:
    return ImageService(db)


@pytest.fixture
def shelf(db: Database, project: Projects, images: ImageService) -> list[str]:
    """Three entries: about one image, about two images, and a rejected one without question id, options or boxes."""
    dataset = ImageDatasetService(db)
    added = images.intake.add_images(project.id, [("red.png", png("red", (60, 40))), ("blue.png", png("blue"))])
    red, blue = (outcome.image.id for outcome in added if outcome.image is not None)
    first = dataset.create_dataset_entry(
        project.id, red, "How many?", "007", "me", boxes=[BOX], ratings=RATINGS, tags="a,b", score=4.5, confirmed=True
    )
    both = dataset.create_dataset_entry(
        project.id, red, "Which?", ["left"], "me", "label", options=["left", "sağ"], image_ids=[red, blue]
    )
    last = dataset.create_dataset_entry(
        project.id, blue, "Ünlü?", "-5", conversation_id="talk", turn=1, system="Be brief."
    )
    dataset.update_dataset_entry(last.id, rejected=True)
    return [first.id, both.id, last.id]


def test_a_data_frame_has_a_row_for_each_entry_with_its_values(
    db: Database, project: Projects, shelf: list[str]
) -> None:
    frame = ImageDatasetService(db).to_pandas(project.id)
    assert tuple(frame.columns) == COLUMNS
    assert list(frame["id"]) == shelf
    assert list(frame["answer"]) == ["007", '["left"]', "-5"]
    assert list(frame["decision"]) == ["confirmed", "open", "rejected"]
    assert list(frame["score"]) == [4.5, 0.0, 0.0]
    assert [len(ids) for ids in frame["image_ids"]] == [1, 2, 1]
    assert frame["options"][1] == ["left", "sağ"]
    assert frame["boxes"][0] == [BOX | {"image": 0}]
    assert str(frame["create_at"].dt.tz) == "UTC"


def test_a_data_frame_of_no_entries_has_all_columns(db: Database, project: Projects) -> None:
    frame = ImageDatasetService(db).to_pandas(project.id)
    assert (tuple(frame.columns), len(frame)) == (COLUMNS, 0)
    assert isinstance(frame["create_at"].dtype, pandas.DatetimeTZDtype)


def test_a_dataset_has_images_beside_the_values(db: Database, project: Projects, shelf: list[str]) -> None:
    found = ImageDatasetService(db).to_datasets(project.id)
    assert found.column_names == [*COLUMNS, "image", "further_images"]
    one, both, last = found
    assert [row["id"] for row in (one, both, last)] == shelf
    assert (one["image"].size, one["image"].getpixel((0, 0))) == ((60, 40), (255, 0, 0))
    assert [image.getpixel((0, 0)) for image in both["further_images"]] == [(0, 0, 255)]
    assert one["further_images"] == []
    assert one["boxes"] == [BOX | {"image": 0}]
    assert one["ratings"] == {
        "relevance": 5, "image_correspondence": None, "visual_dependency": None, "formatting": 4,
    }  # fmt: skip
    assert (both["options"], last["options"], last["ratings"], last["boxes"]) == ('["left", "sağ"]', None, None, [])
    assert (last["conversation_id"], last["turn"], last["system"]) == ("talk", 1, "Be brief.")


def test_a_photograph_that_is_stored_on_its_side_is_read_upright(
    db: Database, project: Projects, images: ImageService
) -> None:
    turned, content = Image.Exif(), io.BytesIO()
    turned[0x0112] = 6  # shown turned by 90 degrees
    Image.new("RGB", (60, 40), "red").save(content, "JPEG", exif=turned)
    outcomes = images.intake.add_images(project.id, [("turned.jpg", content.getvalue())])
    assert outcomes[0].image is not None
    dataset = ImageDatasetService(db)
    dataset.create_dataset_entry(project.id, outcomes[0].image.id, "What?", "That.")
    assert dataset.to_datasets(project.id)[0]["image"].size == (40, 60)


def test_an_image_whose_file_is_gone_is_none(
    db: Database, project: Projects, images: ImageService, shelf: list[str]
) -> None:
    for path in images.file_paths(project.id).values():
        path.unlink()
    found = ImageDatasetService(db).to_datasets(project.id)
    assert [row["image"] for row in found] == [None, None, None]
    assert found[1]["further_images"] == [None]


def test_a_dataset_of_no_entries_has_the_same_features(db: Database, project: Projects, shelf: list[str]) -> None:
    dataset = ImageDatasetService(db)
    none = dataset.to_datasets(project.id, search="kind:none-of-these")
    assert (len(none), none.features) == (0, dataset.to_datasets(project.id).features)
