"""What a reader says of a row that lacks one of its parts."""

from typing import Any

import pytest

from core.importing.answers import RowError
from core.importing.readers import READERS
from core.importing.readers.base import RowReader
from tests.core.importing.readers.files import KnownFiles

BY_NAME = {reader.name: reader for reader in READERS if isinstance(reader, RowReader)}
LACKING: dict[str, tuple[str, tuple[dict[str, Any], ...]]] = {
    "ai2d": (
        "This diagram has no imageName or no questions.",
        ({"imageName": 1, "questions": {"Q": {}}}, {"imageName": "", "questions": {"Q": {}}},
         {"imageName": "a", "questions": []}, {"imageName": "a", "questions": {}}),
    ),
    "karpathy": (
        "This row has no filename or no sentences.",
        ({"filename": 1, "sentences": ["A"]}, {"filename": "", "sentences": ["A"]},
         {"filename": "a", "sentences": "A"}, {"filename": "a", "sentences": []}),
    ),
    "img2dataset": ("This row has no key.", ({"key": 1, "status": "success"}, {"key": "", "status": "success"})),
    "labelbox": (
        "This row has no data_row or no projects.",
        ({"data_row": [], "projects": {}}, {"data_row": {"external_id": "a"}, "projects": []}),
    ),
    "ocr-vqa": ("This row has no imageURL.", ({"imageURL": 1, "questions": [], "answers": []},)),
    "statements": (
        "This row does not say whether its statement is true.",
        ({"image": "a", "statement": "S", "label": 3}, {"image": "a", "label": 1}),
    ),
    "gemini": ("This row has no contents with parts.", ({"contents": []}, {"contents": [{}]})),
}  # fmt: skip


@pytest.mark.parametrize(("name", "row"), [(name, row) for name, (_, rows) in LACKING.items() for row in rows])
def test_a_row_without_one_of_its_parts_says_which(name: str, row: dict[str, Any]) -> None:
    with pytest.raises(RowError) as said:
        list(BY_NAME[name].read_row(row, "d.json:1", KnownFiles()))

    assert str(said.value) == LACKING[name][0]


@pytest.mark.parametrize(
    ("texts", "number"), [(["A", "B"], 2), (["A", "B"], -1), (["A", "B"], True), ("AB", 0), (["A", "B"], None)]
)
def test_a_diagram_question_without_its_right_answer_is_left_out(texts: Any, number: Any) -> None:
    files, wrong = KnownFiles(), {"answerTexts": texts, "correctAnswer": number}
    questions = {"Which?": {"answerTexts": ["A", "B"], "correctAnswer": 1}, "What?": wrong}

    [record] = BY_NAME["ai2d"].read_row({"imageName": "a.png", "questions": questions}, "d.json:1", files)

    assert [(turn.question, turn.answer) for turn in record.turns] == [("Which?", '["B"]')]
    assert files.reasons == ["A question has no right answer: What?"]


def test_an_image_of_img2dataset_is_a_file_one_of_its_archive_or_an_address() -> None:
    row = {"key": "000010002", "status": "success", "url": "https://x.org/a.jpg", "caption": "A"}

    def image(*names: str, where: str = "00001.parquet:1") -> str:
        [record] = BY_NAME["img2dataset"].read_row(row, where, KnownFiles(*names))
        return str(record.images[0])

    assert image("000010002.png") == "000010002.png"
    assert image("00001.tar", where="other.parquet:1") == "000010002"
    assert image("table.tar", where="data/table.parquet:1") == "000010002"
    assert image("0000.tar") == "https://x.org/a.jpg"
    with pytest.raises(RowError, match=r"img2dataset has not downloaded this image: HTTP 404"):
        list(
            BY_NAME["img2dataset"].read_row(
                row | {"status": "failed", "error_message": "HTTP 404"}, "a:1", KnownFiles()
            )
        )
