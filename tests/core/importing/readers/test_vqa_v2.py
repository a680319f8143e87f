"""Questions and annotations of VQA v2 in two files, joined by their ids."""

from pathlib import Path
from typing import Any

import pytest

from core.importing.readers.base import Head
from core.importing.readers.vqa_v2 import READER, _Written
from tests.core.importing.readers.files import KnownFiles
from tests.core.importing.readers.shapes import Expected, check, expect


def question(id_: Any, text: Any = "Q?", image: Any = 7) -> dict[str, Any]:
    return {"question_id": id_, "image_id": image, "question": text}


def annotation(id_: Any, answer: Any = "A") -> dict[str, Any]:
    return {"question_id": id_, "image_id": 7, "multiple_choice_answer": answer}


NAME = "COCO_val2014_000000000007.jpg"


@pytest.mark.parametrize(
    ("questions", "annotations", "expected", "problems"),
    [
        ([question(1), question(2, "R?")], [annotation(2, "B"), annotation(1)],
         [expect(NAME, "R? | B"), expect(NAME, "Q? | A")], []),
        ([question(1), question(2)], [annotation(1), annotation(2, " ")],
         [expect(NAME, "Q? | A")], ["There is no answer."]),
        ([question(1), question(2, " ")], [annotation(1), annotation(2)],
         [expect(NAME, "Q? | A")], ["The question is empty."]),
        ([question(1), question(2)], [annotation(2), annotation(3)],
         [expect(NAME, "Q? | A")], ["This question has no annotation.", "This annotation has no question."]),
        ([question("1"), question(True)], [annotation(1.0)],
         [expect(NAME, "Q? | A")], ["question_id is no number and no text."]),
        ([question(1, image="x.jpg")], [annotation(1)], [expect("x.jpg", "Q? | A")], []),
        ([question(1) | {"image": "y.jpg"}], [annotation(1)], [expect("y.jpg", "Q? | A")], []),
        ([question(1)], [{"question_id": 1, "answers": [{"answer": "yes"}]}], [expect(NAME, "Q? | yes")], []),
        ([question(1)], [{"question_id": 1}], [],
         ["This annotation has no answer.", "This question has no annotation."]),
    ],
)  # fmt: skip
def test_questions_get_the_answers_of_their_ids(
    tmp_path: Path,
    questions: list[Any],
    annotations: list[Any],
    expected: list[Expected],
    problems: list[str],
) -> None:
    files = {
        "q.json": {"data_subtype": "val2014", "questions": questions},
        "a.json": {"data_subtype": "val2014", "annotations": annotations},
    }
    check(tmp_path, files, expected, problems, READER.label)


@pytest.mark.parametrize(
    ("values", "here", "number", "name"),
    [
        ({"data_subtype": "val2014"}, (), 7, "COCO_val2014_000000000007.jpg"),
        ({"data_subtype": "val2015", "data_type": "abstract_v002"}, (), 7, "abstract_v002_val2015_000000000007.png"),
        ({"data_subtype": "val2014", "data_type": "mscoco"}, (), 7, "COCO_val2014_000000000007.jpg"),
        ({"data_subtype": "x" * 60}, (), 7, "000000000007.jpg"),
        ({}, (), 7, "000000000007.jpg"),
        ({}, ("7.jpg",), 7, "7.jpg"),
        ({"data_subtype": "val2014"}, ("a7.png",), 7, "COCO_val2014_000000000007.jpg"),
        ({"data_subtype": "val2014"}, ("7.png",), 7, "7.png"),
        ({}, ("000000000007.png",), 7, "000000000007.png"),
        ({}, ("7.jpg",), -7, "-00000000007.jpg"),
    ],
)
def test_an_image_is_called_by_its_number_as_the_files_here_are(
    values: dict[str, str], here: tuple[str, ...], number: int, name: str
) -> None:
    files: Any = KnownFiles(*here)
    files.base_names = here

    assert _Written(Head("q.json", values=values), files, {}).name({"image_id": number}) == name


def test_an_image_with_a_name_of_its_own_is_called_by_it() -> None:
    files: Any = KnownFiles()
    files.base_names = ()
    written = _Written(Head("q.json"), files, {7: "cup.jpg", "x": "pot.jpg"})

    assert [written.name({"image_id": id_}) for id_ in (7, "7", "x", "y", 8)] == [
        "cup.jpg", "cup.jpg", "pot.jpg", "y", "000000000008.jpg",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        ({"q.json": {"questions": [question(1)]}},
         "These questions have no answers. Add the annotations file beside it."),
        ({"a.json": {"annotations": [annotation(1)]}},
         "These annotations have no questions. Add the questions file beside it."),
    ],
)  # fmt: skip
def test_one_file_alone_says_which_one_is_missing(tmp_path: Path, files: dict[str, Any], problem: str) -> None:
    check(tmp_path, files, [], [problem], READER.label)
