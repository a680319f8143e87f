"""Columns that are not stored are named; what is no content is not."""

from typing import Any

import pytest

from core.importing.readers import hugging_face, rows
from core.importing.readers.unread import unread_columns

ROW = {"image": "a.jpg", "question": "Q?", "answer": "A"}


@pytest.mark.parametrize(
    ("row", "unread"),
    [
        (ROW, []),
        (ROW | {"rationale": "R", "split": "test", "Source": "x"}, ["rationale", "split", "Source"]),
        (ROW | {"id": 1, "question_id": 2, "docId": 3, "index": 4, "width": 5, "img_height": 6, "created_at": 7}, []),
        (ROW | {"Unnamed: 0": 1, "": 2, "__url__": "x"}, []),
        (ROW | {"hint": "", "lecture": None, "steps": [], "more": {}}, []),
        (ROW | {"options": ["A", "B"], "answer_type": "text", "tags": ["x"], "note": "n", "system": "S"}, []),
        (ROW | {"A": "x", "B": "y", "C": "z"}, []),
        (ROW | {"caption": "A cat", "label": 3}, ["caption", "label"]),
        (ROW | {"bbox": [1, 2, 3, 4]}, []),
        (ROW | {"objects": ["a cup", "a jar"]}, ["objects"]),
        ({"image": "a.jpg", "caption": "A cat", "label": 0}, ["label"]),
        (ROW | {"own": 1}, []),
    ],
)
def test_columns_with_content_that_no_field_has(row: dict[str, Any], unread: list[str]) -> None:
    assert unread_columns([row, None], frozenset({"own"}), has_turns=True) == unread


def test_a_format_with_turns_of_its_own_does_not_read_those_columns() -> None:
    assert unread_columns([ROW | {"texts": []}], frozenset({"texts"})) == ["question", "answer"]


def test_tables_and_image_folders_read_question_answer_and_caption_from_their_usual_columns() -> None:
    for reader in (hugging_face.READER, rows.READER):
        assert reader.unread is not None
        assert reader.unread([ROW | {"file_name": "a.jpg", "rationale": "R"}]) == ["rationale"]
        assert reader.unread([{"file_name": "a.jpg", "caption": "A cat", "rationale": "R"}]) == ["rationale"]
