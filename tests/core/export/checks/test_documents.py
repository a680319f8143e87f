"""VQA v2 and COCO documents, each with one thing that their official tools would trip over."""

import copy
import json
from typing import Any

import pytest

from core.export.checks.base import (
    COUNTS_MATCH,
    IDS_UNIQUE,
    LISTS_TYPED,
    NOTHING_EMPTY,
    PATHS_VALID,
    SPLITS_DISJOINT,
    VALID_FILES,
    Expected,
)
from core.export.checks.documents import (
    ANSWERS_COUNTED,
    FILES_AGREE,
    IDS_ARE_INTEGERS,
    SIZES_MATCH,
    SIZES_POSITIVE,
    CocoChecker,
    VqaV2Checker,
)
from tests.core.export.checks.memory import as_lines, results
from tests.pictures import png

Part = dict[str, Any]
IMAGE = png("red", (4, 2))
EXPECTED = Expected({"train": 2}, {"train": 1}, 1)


def _vqa(split: str = "train") -> Part:
    """Return the parts of a bundle that is in order: one question with two answers."""
    answers = [{"answer_id": number, "answer": "red", "answer_confidence": "yes"} for number in (1, 2)]
    return {
        "question": {"image_id": 7, "question_id": 5, "question": "Which?"},
        "annotation": {
            "question_id": 5, "image_id": 7, "question_type": "which", "answer_type": "other",
            "multiple_choice_answer": "red", "answers": answers,
        },
        "ids": {"question_id": 5, "image_id": 7, "image": "images/a.png"},
        "split": split,
    }  # fmt: skip


def _vqa_files(part: Part) -> dict[str, bytes]:
    questions = {"data_subtype": part["split"], "questions": [part["question"]]}
    annotations = {"data_subtype": part["split"], "annotations": [part["annotation"]]}
    return {
        "v2_OpenEnded_custom_train_questions.json": json.dumps(questions).encode(),
        "v2_custom_train_annotations.json": json.dumps(annotations).encode(),
        "vqa_v2_train_ids.jsonl": as_lines([part["ids"]]),
        "images/a.png": IMAGE,
    }


def _failed(
    checker: type[Any], files: dict[str, bytes], expected: Expected, **layout: Any
) -> dict[str, tuple[str, ...]]:
    found = results(checker, files, expected, **layout)
    return {result.name: result.examples for result in found if not result.passed}


def test_vqa_documents_in_order_have_no_problem() -> None:
    assert _failed(VqaV2Checker, _vqa_files(_vqa()), EXPECTED) == {}


@pytest.mark.parametrize(
    ("part", "name", "value", "found"),
    [
        ("question", "question_id", 6, {FILES_AGREE}),
        ("question", "image_id", 8, {FILES_AGREE}),
        ("question", "question", " ", {NOTHING_EMPTY}),
        ("annotation", "question_type", "", {ANSWERS_COUNTED}),
        ("annotation", "answer_type", "text", {ANSWERS_COUNTED}),
        ("annotation", "multiple_choice_answer", "blue", {ANSWERS_COUNTED}),
        ("annotation", "answers", [], {ANSWERS_COUNTED, COUNTS_MATCH, LISTS_TYPED}),
        ("annotation", "answers", [{"answer_id": 0, "answer": "red", "answer_confidence": "yes"},
                                   {"answer_id": 1, "answer": "red", "answer_confidence": "yes"}], {ANSWERS_COUNTED}),
        ("annotation", "answers", [{"answer_id": 1, "answer": "red", "answer_confidence": "yes"},
                                   {"answer_id": 2, "answer": "red", "answer_confidence": "sure"}], {ANSWERS_COUNTED}),
        ("ids", "question_id", 6, {FILES_AGREE}),
        ("ids", "image", "images/b.png", {PATHS_VALID}),
        ("ids", "image", "../a.png", {PATHS_VALID}),
        ("ids", "image", None, {PATHS_VALID}),
    ],
)  # fmt: skip
def test_a_vqa_document_that_the_evaluator_refuses_is_found(part: str, name: str, value: Any, found: set[str]) -> None:
    made = copy.deepcopy(_vqa())
    made[part][name] = value

    assert set(_failed(VqaV2Checker, _vqa_files(made), EXPECTED)) == found


def test_a_document_of_another_split_or_a_missing_one_is_found() -> None:
    assert FILES_AGREE in _failed(VqaV2Checker, _vqa_files(_vqa("test")), EXPECTED)
    files = _vqa_files(_vqa())
    del files["v2_custom_train_annotations.json"]
    assert {FILES_AGREE, VALID_FILES, COUNTS_MATCH} <= _failed(VqaV2Checker, files, EXPECTED).keys()


@pytest.mark.parametrize(("id_", "is_exact"), [(0, True), (2**53 - 1, True), (2**53, False), (-1, False), ("5", False),
                                               (True, False), (5.0, False)])  # fmt: skip
def test_an_id_is_an_integer_that_every_reader_reads_exactly(id_: Any, is_exact: bool) -> None:
    made = _vqa()
    for part in ("question", "annotation", "ids"):
        made[part]["question_id"] = id_

    assert (IDS_ARE_INTEGERS not in _failed(VqaV2Checker, _vqa_files(made), EXPECTED)) is is_exact


def test_a_repeated_question_is_found() -> None:
    made = _vqa()
    files = _vqa_files(made)
    twice = {"data_subtype": "train", "questions": [made["question"]] * 2}
    files["v2_OpenEnded_custom_train_questions.json"] = json.dumps(twice).encode()

    failed = _failed(VqaV2Checker, files, EXPECTED)

    assert failed[IDS_UNIQUE] == ("question 5 is repeated",)
    assert failed[COUNTS_MATCH] == ("questions of train: 1 written, 2 read back",)


def _coco(*, split: str = "train", image_id: int = 7, **changed: Any) -> dict[str, bytes]:
    image = {"id": image_id, "file_name": "a.png", "width": 4, "height": 2} | changed
    captions = [{"id": number, "image_id": image_id, "caption": "A cup."} for number in (1, 2)]
    document = json.dumps({"images": [image], "annotations": captions}).encode()
    return {f"rows_{split}.json": document, "images/a.png": IMAGE}


COCO = Expected({"train": 2}, {"train": 2}, 1)


def test_coco_documents_in_order_have_no_problem() -> None:
    assert _failed(CocoChecker, _coco(), COCO) == {}


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({"width": 0}, {SIZES_POSITIVE, SIZES_MATCH}),
        ({"height": 0}, {SIZES_POSITIVE, SIZES_MATCH}),
        ({"height": None}, {SIZES_POSITIVE, SIZES_MATCH}),
        ({"width": 1, "height": 1}, {SIZES_MATCH}),
        ({"width": 2, "height": 4}, {SIZES_MATCH}),
        ({"file_name": "b.png"}, {PATHS_VALID}),
        ({"file_name": "../a.png"}, {PATHS_VALID}),
        ({"id": "7"}, {IDS_ARE_INTEGERS, FILES_AGREE}),
    ],
)
def test_a_coco_image_that_pycocotools_refuses_is_found(changed: Part, found: set[str]) -> None:
    assert set(_failed(CocoChecker, _coco(**changed), COCO)) == found


def test_images_that_are_only_named_need_no_file() -> None:
    assert _failed(CocoChecker, _coco(file_name="b.png"), COCO, images="none") == {}


def test_captions_are_texts_with_ids_of_their_own_on_images_of_the_document() -> None:
    def failed(captions: list[Part]) -> set[str]:
        document = json.loads(_coco()["rows_train.json"]) | {"annotations": captions}
        return set(_failed(CocoChecker, _coco() | {"rows_train.json": json.dumps(document).encode()}, COCO))

    one, two = ({"id": number, "image_id": 7, "caption": "A cup."} for number in (1, 2))
    assert failed([one, two]) == set()
    assert failed([one, one]) == {IDS_UNIQUE}
    assert failed([one, two | {"caption": ""}]) == {NOTHING_EMPTY}
    assert failed([one, two | {"image_id": 8}]) == {FILES_AGREE}
    assert failed([one, two | {"id": 2.0}]) == {IDS_ARE_INTEGERS}
    assert failed([one]) == {COUNTS_MATCH}
    assert failed([]) == {COUNTS_MATCH, FILES_AGREE}


def test_a_coco_image_is_in_one_split() -> None:
    expected = Expected({"train": 2, "test": 2}, {"train": 2, "test": 2}, 1)

    assert set(_failed(CocoChecker, _coco() | _coco(split="test"), expected)) == {SPLITS_DISJOINT}
    assert _failed(CocoChecker, _coco() | _coco(split="test", image_id=8), expected) == {}
