"""Exported columns are declared once; everything else is derived from the declaration."""

from datetime import UTC

import pytest

from core import Projects
from core.db import ImageDatasets
from core.export.entries import (
    ARCHIVED_COLUMNS,
    ENTRY_COLUMNS,
    METADATA_COLUMNS,
    TEXT_COLUMNS,
    ExportImage,
    directory_name,
    entry_of,
    exported_size,
    file_name,
    safe_stem,
)
from core.export.formats import default, parquet
from core.export.recipe import EntryChoice
from core.export.restore.row import EntryColumns
from core.export.selecting.entry_query import EntryQuery
from core.export.selecting.query import stream
from core.services import Services
from tests.core.export.formats.sample import IMAGE, SCORED, rows
from tests.core.images.pictures import encoded


def test_declared_columns_are_columns_of_the_table() -> None:
    assert {*ENTRY_COLUMNS, *ARCHIVED_COLUMNS, *METADATA_COLUMNS} <= set(ImageDatasets.model_fields)
    assert set(METADATA_COLUMNS) <= set(ENTRY_COLUMNS)


def test_the_query_reads_every_declared_column_in_its_order(services: Services, project: Projects) -> None:
    [outcome] = services.intake.add_images(project.id, [("shelf.jpg", encoded())])
    assert outcome.image is not None
    row = ImageDatasets(
        project_id=project.id, image_id=outcome.image.id, image_name="shelf.jpg", question="Q?", answer="A.",
        answer_type="label", kind="count", language="tr", model="m", score=2.5, generated_answer="GA",
        generated_question="GQ", tags="t", note="n", rejected=True, version=7,
    )  # fmt: skip
    with services.db.transaction() as session:
        session.add(row)
    choice = EntryChoice(confirmed_only=False)
    with services.db.reading() as session:
        for detail, names in (("texts", TEXT_COLUMNS), ("columns", ENTRY_COLUMNS)):
            query = EntryQuery(project.id, choice, includes_rejected=True, detail=detail)  # type: ignore[arg-type]
            [(_, [values])] = stream(session, query)
            expected = {name: getattr(row, name) for name in names} | {"question_id": ""}
            found = dict(zip(names, values, strict=True))
            assert {name: value for name, value in found.items() if not name.endswith("_at")} == {
                name: value for name, value in expected.items() if not name.endswith("_at")
            }
            assert found["create_at"].replace(tzinfo=UTC) == row.create_at


def test_rows_and_restoring_have_the_declared_columns() -> None:
    assert list(default.metadata(SCORED)) == list(METADATA_COLUMNS)
    assert list(rows("csv", SCORED)[0])[-len(METADATA_COLUMNS) :] == list(METADATA_COLUMNS)
    assert set(parquet.FEATURES) | {*METADATA_COLUMNS} == set(rows("parquet", SCORED)[0]) | {"create_at", "update_at"}
    assert set(ENTRY_COLUMNS) - {"image_id", "more_image_ids"} <= set(rows("vitrine", SCORED)[0])
    assert set(EntryColumns.model_fields) == {*ENTRY_COLUMNS, *ARCHIVED_COLUMNS} - {
        "id", "image_id", "more_image_ids", "question_id", "task_id",
    }  # fmt: skip


def test_an_entry_of_a_script_gets_texts_and_numbers_for_missing_values() -> None:
    row = ImageDatasets(
        project_id="p", image_id="i", image_name="x.jpg", question="Half \ud83d?", answer="Yes.", question_id=None,
        score=4, tags="a", confirmed=True,
    )  # fmt: skip

    entry = entry_of(row)

    assert (entry.question, entry.question_id, entry.score, entry.tags) == ("Half ??", "", 4.0, "a")
    assert (entry.generated_answer, entry.generated_question) == (None, None)
    assert (entry.confirmed, entry.rejected) == (True, False)
    assert entry.create_at == row.create_at.isoformat()


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("photo.jpg", "photo"), ("../../etc/passwd", "passwd"), ("C:\\windows\\CON.png", "image-CON"),
        ("ünï 图.webp", "uni"),
        ("🙂.jpg", "image"), ("-rf.jpg", "rf"), ("n" * 90, "n" * 60),
    ],
)  # fmt: skip
def test_a_file_name_keeps_ascii_letters_and_digits(name: str, stem: str) -> None:
    assert safe_stem(name) == stem


def test_a_file_name_is_unique_by_content_and_marks_generated_images() -> None:
    made = ExportImage(*IMAGE)._replace(source="generated")

    assert file_name(IMAGE) == "shelf-abababababab.jpg"
    assert file_name(IMAGE, ".png") == "shelf-abababababab.png"
    assert file_name(made) == "generated-shelf-abababababab.jpg"
    assert file_name(made._replace(name="generated 1.jpg")) == "generated-1-abababababab.jpg"


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Shelf v1.1", "Shelf-v1.1"), ("… <b>&</b>, 100%", "b-b-100"), ("2026.01", "2026.01"), ("../..", "dataset"),
        ("Überblick 図", "Uberblick"), ("図", "dataset"), ("-rf .", "rf"), ("x" * 90, "x" * 60),
    ],
)  # fmt: skip
def test_a_directory_is_named_like_its_title_with_dots_and_digits(title: str, name: str) -> None:
    assert directory_name(title) == name


@pytest.mark.parametrize(
    ("size_wh", "max_side_px", "exported_wh"),
    [
        ((640, 480), None, (640, 480)), ((640, 480), 640, (640, 480)), ((640, 480), 639, (639, 479)),
        ((480, 640), 320, (240, 320)), ((4_000, 1), 1_000, (1_000, 1)), ((1, 4_000), 1_000, (1, 1_000)),
        ((0, 0), 64, (0, 0)),
    ],
)  # fmt: skip
def test_an_image_is_exported_no_larger_than_asked_for_and_at_least_a_pixel_wide(
    size_wh: tuple[int, int], max_side_px: int | None, exported_wh: tuple[int, int]
) -> None:
    image = IMAGE._replace(width=size_wh[0], height=size_wh[1])

    assert exported_size(image, max_side_px) == exported_wh
