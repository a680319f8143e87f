"""A row that has odd values is read or left out with a sentence, by every reader of rows."""

from typing import Any

import pytest

from core.importing.answers import RowError
from core.importing.readers import READERS
from core.importing.readers.base import RowReader
from core.importing.readers.conventions import converter
from core.importing.records import Record
from tests.core.importing.readers.files import KnownFiles

ODD: tuple[Any, ...] = (
    None, "", "x", "[", "[1]", 7, -1.5, float("nan"), 10**5000, True, [], [None], [[]], [7], ["x"], ["x", {}],
    [{}], [{"text": 7}], {}, {"x": 1}, {"parts": 7}, {"parts": [7, None]}, {"A": None, "B": {}},
    {"a": [1]}, [1, 2, 3, 4],
)  # fmt: skip
TURN = {"from": "human", "value": "Q?"}, {"from": "gpt", "value": "A"}
ANNOTATIONS = {"objects": [{"name": "Cup", "bounding_box": {"top": 1, "left": 1, "height": 4, "width": 4}}],
               "classifications": [{"name": "Kind", "radio_answer": {"name": "mug"}}]}  # fmt: skip
GOOD: dict[str, dict[str, Any]] = {
    "vitrine": {"schema_version": 1, "image": {"file": "a.jpg"}, "question": "Q?", "answer": "A", "boxes": []},
    "preferences": {"image": "a.jpg", "question": "Q?", "chosen": "A", "rejected": "B"},
    "llava": {"image": "a.jpg", "conversations": [*TURN], "bbox": [1, 2, 3, 4], "system": "S"},
    "messages": {"images": ["a.jpg"], "messages": [{"role": "user", "content": "Q?", "bbox": [1, 2, 3, 4]},
                                                   {"role": "assistant", "content": "A", "boxes_seq": [[0]]}],
                 "objects": {"ref": ["cup"], "bbox": [[1, 2, 3, 4]]}},
    "gemini": {"contents": [{"role": "user", "parts": [{"text": "Q?"}, {"fileData": {"fileUri": "gs://b/a.jpg"}}]},
                            {"role": "model", "parts": [{"text": "A"}]}],
               "systemInstruction": {"parts": [{"text": "S"}]}, "response": {}},
    "finevision": {"images": ["a.jpg"], "texts": [{"user": "Q?", "assistant": "A", "system": "S"}],
                   "relevance_ratings": [5]},
    "label-studio": {"data": {"image": "a.jpg"}, "annotations": [
        {"result": [{"type": "textarea", "value": {"text": ["A"]}}]}]},
    "labelbox": {"data_row": {"external_id": "a.jpg"}, "projects": {"x": {"labels": [{"annotations": ANNOTATIONS}]}}},
    "karpathy": {"filename": "a.jpg", "filepath": "x", "sentences": [{"raw": "A cat"}]},
    "roboflow": {"image": "a.jpg", "prefix": "Q?", "suffix": "A"},
    "ms-swift": {"images": ["a.jpg"], "query": "Q?", "response": "A", "input": "I", "history": [["Q", "A"]]},
    "img2dataset": {"key": "1", "status": "success", "url": "https://x.org/1.jpg", "caption": "A", "error_message": ""},
    "statements": {"image": "a.jpg", "caption": "A cat", "label": 1, "relation": "on", "identifier": "dev-1-0-0"},
    "ocr-vqa": {"key": "1", "imageURL": "https://x.org/1.jpg", "questions": ["Q?"], "answers": ["A"]},
    "ai2d": {"imageName": "0.png", "questions": {"Q?": {"answerTexts": ["A", "B"], "correctAnswer": 1}}},
    "nested": {"image": "a.jpg", "qas": [{"question": "Q?", "answer": "A", "x": 1, "y": 2, "width": 3, "height": 4}]},
    "imagefolder": {"file_name": "a.jpg", "question": "Q?", "answer": "A", "options": ["A", "B"]},
    "rows": {"image": "a.jpg", "question": "Q?", "answer": 1, "options": ["A", "B"], "bbox": [1, 2, 3, 4],
             "answer_type": "text"},
    "detection": {"image": "a.jpg", "objects": {"bbox": [[1, 2, 3, 4]], "category": ["cup"]}},
    "classes": {"image": "a.jpg", "label": "cat", "options": ["cat", "dog"]},
}  # fmt: skip
OF_ROWS = [reader for reader in READERS if isinstance(reader, RowReader)]


def read(reader: RowReader, row: dict[str, Any]) -> list[Record] | str:
    """Return the records of a row, or the sentence of what is left out."""
    files = KnownFiles()
    try:
        convert = reader.converter([row]) if reader.converter else None
        found = [*reader.read_row(convert(row) if convert else row, "d.json:1", files)]
    except RowError as error:
        return str(error)
    return found or files.reasons[0]


@pytest.mark.parametrize("reader", OF_ROWS, ids=lambda reader: reader.name)
def test_a_value_of_another_kind_costs_at_most_its_row(reader: RowReader) -> None:
    good = GOOD[reader.name]
    assert reader.fits(good)
    assert isinstance(read(reader, good), list)
    for name in good:
        without = {other: value for other, value in good.items() if other != name}
        for row in (without, *(good | {name: odd} for odd in ODD)):
            found = read(reader, row)
            assert found
            if isinstance(found, str):
                assert found.endswith(".") or ": " in found
            if reader.unread:
                assert isinstance(reader.unread([row, good]), list)
            assert isinstance(reader.fits(row), bool)


def test_odd_rows_say_nothing_about_the_conventions_of_a_file() -> None:
    rows = [{"options": odd, "answer": odd, "bbox": odd} for odd in ODD]

    assert converter([*rows, None, 7]) is None
