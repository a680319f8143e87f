"""Rows with one entry each, and what is the same for all rows."""

import base64
from typing import Any

import pytest

from core.export.checks.base import (
    COUNTS_MATCH,
    IDS_UNIQUE,
    NOTHING_EMPTY,
    ONE_TYPE,
    PATHS_VALID,
    SPLITS_DISJOINT,
    VALID_FILES,
    Expected,
)
from core.export.checks.records import RecordsChecker, VitrineChecker, VqaRowsChecker
from tests.core.export.checks.memory import as_lines, problems, results
from tests.pictures import png


def _row(id_: str = "1", **changed: Any) -> dict[str, Any]:
    row = {"id": id_, "image_id": "i", "image": "images/a.jpg", "question": "Which?", "answer": "Red.",
           "answer_type": "text"} | changed  # fmt: skip
    return {name: value for name, value in row.items() if value is not ...}


def test_rows_that_are_complete_have_no_problem() -> None:
    assert problems(RecordsChecker, _row(metadata={"kind": "color"}), _row("2", metadata={"kind": "count"})) == {}
    assert problems(RecordsChecker, _row(), _row("2")) == {}


@pytest.mark.parametrize("name", ["id", "image_id", "question", "answer", "answer_type"])
@pytest.mark.parametrize("value", ["", " ", None, 3, ...])
def test_every_text_of_a_row_is_there(name: str, value: Any) -> None:
    assert NOTHING_EMPTY in problems(RecordsChecker, _row(**{name: value}))


def test_metadata_is_never_null() -> None:
    assert problems(RecordsChecker, _row(metadata=None)) == {NOTHING_EMPTY: ["metadata is null"]}


def test_a_repeated_id_is_found() -> None:
    assert problems(RecordsChecker, _row("1"), _row("1")) == {IDS_UNIQUE: ["1 ids are repeated"]}


def test_the_id_of_a_vqa_row_is_that_of_its_question() -> None:
    good = _row(id_=..., question_id="q-1")  # type: ignore[arg-type]

    assert problems(VqaRowsChecker, good) == {}
    assert problems(VqaRowsChecker, good, good) == {IDS_UNIQUE: ["1 ids are repeated"]}


def test_as_many_rows_and_entries_are_read_as_were_written() -> None:
    files = {"rows.jsonl": as_lines([_row("1"), _row("2")]), "images/a.jpg": b""}

    found = results(RecordsChecker, files, Expected({"train": 3}, {"train": 1}, 1))

    examples = {result.name: result.examples for result in found if not result.passed}
    assert examples == {
        COUNTS_MATCH: ("rows of train: 1 written, 2 read back", "entries of train: 3 written, 2 read back")
    }
    assert {result.name: result.examined for result in found} | {IDS_UNIQUE: 2, PATHS_VALID: 2, COUNTS_MATCH: 2} == {
        result.name: result.examined for result in found
    }


def test_a_row_that_is_no_object_is_named_by_its_number() -> None:
    found = problems(RecordsChecker, _row(), ["x"], entries=1)

    assert found == {VALID_FILES: ["rows.jsonl: row 2 is not an object"]}


@pytest.mark.parametrize("path", ["", None, 3, "/a.jpg", "../a.jpg", "images//a.jpg", "c:a.jpg", "images\\a.jpg",
                                  "./a.jpg", "images/missing.jpg"])  # fmt: skip
def test_a_path_is_safe_and_names_an_image_in_the_bundle(path: Any) -> None:
    assert PATHS_VALID in problems(RecordsChecker, _row(image=path))


def test_images_that_are_only_named_need_not_be_in_the_bundle() -> None:
    assert problems(RecordsChecker, _row(image="images/missing.jpg"), images="none") == {}
    assert PATHS_VALID in problems(RecordsChecker, _row(image="../a.jpg"), images="none")


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("data:image/png;base64," + base64.b64encode(png("red")).decode(), ""),
        ("data:image/gif;base64,AAAA", "data:image/gif;base64,AAAA is not a data URL of an image"),
        ("images/a.jpg", "images/a.jpg is not a data URL of an image"),
        ("data:image/png;base64,A*A", "data:image/png;base64,A*A… is not base64"),
        ("data:image/png;base64,AAAA", "data:image/png;base64,AAAA… does not open (UnidentifiedImageError)"),
    ],
)
def test_a_data_url_opens_as_an_image(url: str, problem: str) -> None:
    assert problems(RecordsChecker, _row(image=url), images="base64") == ({PATHS_VALID: [problem]} if problem else {})


def test_no_image_is_in_two_splits() -> None:
    layout: dict[str, Any] = {"splits": ("train", "test")}
    expected = Expected({"train": 1, "test": 1}, {"train": 1, "test": 1}, 1)
    same = {"rows_train.jsonl": as_lines([_row("1")]), "rows_test.jsonl": as_lines([_row("2")]), "images/a.jpg": b"",
            "images/b.jpg": b""}  # fmt: skip
    other = same | {"rows_test.jsonl": as_lines([_row("2", image="images/b.jpg")])}

    def failed(files: dict[str, bytes]) -> dict[str, tuple[str, ...]]:
        found = results(RecordsChecker, files, expected, **layout)
        return {result.name: result.examples for result in found if not result.passed}

    assert failed(same) == {SPLITS_DISJOINT: ("images/a.jpg is in train and test",)}
    assert failed(other) == {}
    assert failed({name: data for name, data in other.items() if name != "rows_test.jsonl"}) == {
        COUNTS_MATCH: ("rows_test.jsonl is missing",)
    }


def test_one_split_may_name_an_image_many_times() -> None:
    assert SPLITS_DISJOINT not in problems(RecordsChecker, _row("1"), _row("2"))


def test_the_lossless_rows_have_a_known_version_and_all_their_images() -> None:
    row = _row(image={"file": "images/a.jpg"}, further_images=[{"file": "images/b.jpg"}], schema_version=1, note=None)

    assert problems(VitrineChecker, row) == {}
    assert problems(VitrineChecker, row | {"schema_version": 2}) == {VALID_FILES: ["schema version 2 is unknown"]}
    assert PATHS_VALID in problems(VitrineChecker, row | {"image": "images/a.jpg"})
    assert PATHS_VALID in problems(VitrineChecker, row | {"further_images": [{"file": "images/c.jpg"}]})
    assert problems(VitrineChecker, row, row | {"id": "2", "note": "text"}) == {}
    assert ONE_TYPE not in VitrineChecker.checks
