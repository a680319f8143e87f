"""Rows as a notebook shows them."""

import base64
from io import BytesIO

import pytest
from PIL import Image

import core
from core.db import Database
from tests.pictures import png


@pytest.fixture
def entry(db: Database, project: core.Projects) -> core.ImageDatasets:
    image = core.run(core.ImageService(db).upload_image(project.id, "red.png", png("red")))
    return core.ImageDatasetService(db).create_dataset_entry(
        project.id, image.id, "Is this <b>red</b>?", "Yes & no", model="me"
    )


def test_an_entry_shows_its_thumbnail_its_question_and_its_answer_escaped(entry: core.ImageDatasets) -> None:
    html = entry._repr_html_()
    _, _, rest = html.partition('<img src="data:image/jpeg;base64,')
    thumbnail = Image.open(BytesIO(base64.b64decode(rest.partition('"')[0])))
    pixel = thumbnail.convert("RGB").getpixel((0, 0))
    assert isinstance(pixel, tuple)
    assert pixel[0] > 200
    assert "Is this &lt;b&gt;red&lt;/b&gt;?" in html
    assert "Yes &amp; no" in html
    assert ">0</td>" in html.partition("text-align:right")[2]  # the score, a number


def test_a_list_shows_its_rows_and_how_many_there_are(
    db: Database, project: core.Projects, entry: core.ImageDatasets
) -> None:
    dataset = core.ImageDatasetService(db)
    for number in range(30):
        dataset.create_dataset_entry(project.id, entry.image_id, f"Question {number}?", "Yes", model="me")
    html = dataset.list_dataset_entries(project.id, limit=28)._repr_html_()
    assert html.count("<img") == 25
    assert "25 of 31" in html
    assert "Question 24?" not in html


def test_without_an_open_database_a_row_shows_its_text(db: Database, entry: core.ImageDatasets) -> None:
    db.close()
    html = entry._repr_html_()
    assert "<img" not in html
    assert "Yes &amp; no" in html


def test_a_task_is_short_however_many_images_it_is_about(db: Database, project: core.Projects) -> None:
    ids = [f"image{number:016}" for number in range(60)]
    task = core.TaskService(db).create_task(project.id, config={"image_ids": ids, "language": "en"})
    assert "config={image_ids: [60 items], language: 'en'}" in repr(task)
    assert len(repr(task)) < 500


def test_columns_of_a_row_come_in_one_order_however_it_was_read(db: Database, entry: core.ImageDatasets) -> None:
    read_again = core.ImageDatasetService(db).get_dataset_entry(entry.id)
    assert repr(read_again) == repr(entry)
