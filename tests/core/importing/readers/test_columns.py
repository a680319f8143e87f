"""Columns by their usual names, and the fields of a record."""

from typing import Any

import pytest

from core.importing.readers.columns import columns_of, fields_of, is_image_column
from core.importing.records import NO_FIELDS
from tests.core.importing.readers.files import KnownFiles


def test_columns_are_found_by_their_names_in_any_case() -> None:
    found = columns_of((" Image ", "QUESTION", "Answer", "answers", "Choices", "image_2", "image_10", "left_file_name"))

    assert (found.images, found.question, found.answer, found.options) == (
        (" Image ",),
        "QUESTION",
        "Answer",
        "Choices",
    )
    assert found.more_images == ("image_2", "image_10", "left_file_name")
    assert (found.id, found.caption, found.note, found.boxes, found.metadata, found.fields) == (
        "", "Answer", "", "", "", (),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "is_one"),
    [("image", True), (" IMG ", True), ("image_12", True), ("picture1_path", True), ("image_1234", False),
     ("question", False), ("image_id", False)],
)  # fmt: skip
def test_a_column_of_images_is_known_by_its_name(name: str, is_one: bool) -> None:
    assert is_image_column(name) is is_one


def _fields(**row: Any) -> tuple[dict[str, Any], list[str]]:
    files = KnownFiles()
    found = fields_of(row, columns_of(tuple(row)), "row 1", files)
    changed = {name: value for name, value in found._asdict().items() if value != getattr(NO_FIELDS, name)}
    return changed, files.reasons


@pytest.mark.parametrize(
    ("row", "fields"),
    [
        ({"score": 4.5}, {"score": 4.5}),
        ({"rating": "3"}, {"score": 3.0}),
        ({"score": True}, {"score": 1.0}),
        ({"confirmed": True}, {"confirmed": True}),
        ({"confirmed": "TRUE "}, {"confirmed": True}),
        ({"confirmed": "1"}, {"confirmed": True}),
        ({"confirmed": 1}, {"confirmed": True}),
        ({"confirmed": "yes"}, {}),
        ({"confirmed": 0}, {}),
        ({"rejected": "true"}, {"rejected": True}),
        ({"tags": "Red, big"}, {"tags": ("red", "big")}),
        ({"tags": ["Red", "big"]}, {"tags": ("red", "big")}),
        ({"tags": []}, {}),
        ({"tags": " , "}, {}),
        ({"lang": "tr", "category": "count", "model_name": "m", "system_prompt": "Be brief."},
         {"language": "tr", "kind": "count", "model": "m", "system": "Be brief."}),
        ({"language": "x" * 35, "kind": "x" * 60, "model": "x" * 200, "system": "x" * 20_000},
         {"language": "x" * 35, "kind": "x" * 60, "model": "x" * 200, "system": "x" * 20_000}),
        ({"kind": None}, {}),
        ({"note": "Look."}, {"note": "Look."}),
        ({"notes": "x" * 20_000}, {"note": "x" * 20_000}),
        ({"note": ""}, {}),
        ({"metadata": {"kind": "count", "score": 3}}, {"kind": "count", "score": 3.0}),
        ({"metadata": {"kind": "count", "score": 3}, "kind": "color"}, {"kind": "color", "score": 3.0}),
        ({"metadata": "text"}, {}),
    ],
)  # fmt: skip
def test_fields_of_a_record_are_read_from_a_row(row: dict[str, Any], fields: dict[str, Any]) -> None:
    assert _fields(**row) == (fields, [])


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"score": 9}, "score was left out. A score is a number from 0 to 5"),
        ({"rating": "good"}, "rating was left out. A score is a number from 0 to 5"),
        ({"tags": [1]}, "tags was left out. Tags are a list of texts."),
        ({"tags": 5}, "tags was left out. Tags are a list of texts."),
        ({"tags": [str(number) for number in range(101)]}, "tags was left out. There are more than 100 tags."),
        ({"language": "x" * 36}, "language was left out. It has more than 35 characters."),
        ({"kind": "x" * 61}, "kind was left out. It has more than 60 characters."),
        ({"model": "x" * 201}, "model was left out. It has more than 200 characters."),
        ({"model": 3}, "model was left out. It is no text."),
        ({"note": "x" * 20_001}, "note was left out. It has more than 20,000 characters."),
        ({"note": 3}, "note was left out. It is no text."),
    ],
)
def test_a_field_that_cannot_be_used_is_left_out_and_said(row: dict[str, Any], reason: str) -> None:
    fields, (said,) = _fields(**row)

    assert fields == {}
    assert said.startswith(reason)


def test_a_record_may_have_100_tags() -> None:
    fields, reasons = _fields(tags=[str(number) for number in range(100)])

    assert (len(fields["tags"]), reasons) == (100, [])
