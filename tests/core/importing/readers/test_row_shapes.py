"""Rows of questions and answers, captions and joined files in every usual shape, and the records they become."""

from pathlib import Path
from typing import Any

import pytest

from core.importing.answers import CAPTION_QUESTION
from core.importing.reading import read_annotations
from core.importing.records import ImportedBox, Turn
from tests.core.importing.readers.shapes import Expected, Files, check, expect, shape, written

IMAGE = b"no image, but a file"


def asked(**fields: Any) -> dict[str, Any]:
    return {"file_name": "a.jpg", "question": "Q?", "answer": "A"} | fields


def caption(text: str) -> Turn:
    return Turn(CAPTION_QUESTION, text)


@pytest.mark.parametrize(
    ("files", "expected", "problems"),
    [
        shape(
            "lines, one without a name",
            {"metadata.jsonl": [asked(), {"note": "x"}]},
            expect("a.jpg", "Q? | A"),
            problems=("This row names no image.",),
        ),
        shape("a table of text", {"metadata.csv": "file_name,text\na.jpg,A cat\n"}, expect("a.jpg", caption("A cat"))),
        shape(
            "several files in a list and in columns",
            {"metadata.jsonl": [{"file_names": ["a.jpg", "b.jpg"], "question": "Q?", "answer": "A"},
                                {"left_file_name": "c.jpg", "right_file_name": "d.jpg", "question": "Q?",
                                 "answer": "A"}]},
            expect("a.jpg b.jpg", "Q? | A"),
            expect("c.jpg d.jpg", "Q? | A"),
        ),
        shape(
            "all fields of an entry",
            {"metadata.jsonl": [asked(score=4, tags="b, A", note="n", model="m", language="tr", kind="k",
                                      confirmed=True, answer_type="label", options=["A", "B"])]},
            expect("a.jpg", Turn("Q?", '["A"]', "label", ["A", "B"]), score=4.0, tags=("b", "a"), note="n", model="m",
                   language="tr", kind="k", confirmed=True),
        ),
        shape(
            "answers of other types",
            {"metadata.jsonl": [asked(answer=["red", "blue"]), asked(answer=0), asked(answer=False),
                                asked(answer=None, text="alt")]},
            expect("a.jpg", Turn("Q?", '["red", "blue"]', "label")),
            expect("a.jpg", "Q? | 0"),
            expect("a.jpg", "Q? | false"),
            problems=("There is no answer.",),
        ),
        shape(
            "boxes of object detection",
            {"metadata.jsonl": [asked(objects={"bbox": [[10, 20, 30, 40]], "categories": [7]})]},
            expect("a.jpg", "Q? | A", boxes=(ImportedBox("7", (10.0, 20.0, 40.0, 60.0)),)),
        ),
    ],
)  # fmt: skip
def test_image_folder(tmp_path: Path, files: Files, expected: list[Expected], problems: list[str]) -> None:
    check(tmp_path, files, expected, problems, "Hugging Face ImageFolder")


@pytest.mark.parametrize(
    ("files", "expected", "problems"),
    [
        shape(
            "VQA rows, some without an answer or a question",
            {"d.json": [{"image": "a.jpg", "question": "Q?", "answer": "A", "answer_type": "yes/no"},
                        {"image": "a.jpg", "question": "open?"}, {"image": "a.jpg", "question": "", "answer": "x"},
                        {"image": "a.jpg", "question": "Q3?", "answer": ""}]},
            expect("a.jpg", "Q? | A"),
            problems=("This row has no answer.", "The question is empty.", "There is no answer."),
        ),
        shape(
            "a semicolon, UTF-16, a cell of two lines",
            {"d.csv": 'image;question;answer\na.jpg;Wie groß?;"sehr;\ngroß"\n'.encode("utf-16")},
            expect("a.jpg", Turn("Wie groß?", "sehr;\ngroß")),
        ),
        shape(
            "tabs, with choices in columns and a letter",
            {"d.tsv": "image\tquestion\tA\tB\tanswer\na.jpg\tWhich?\tred\tblue\tB\n"},
            expect("a.jpg", Turn("Which?", '["blue"]', "label", ["red", "blue"])),
        ),
        shape(
            "answers of ten people, and the chosen one beside them",
            {"d.jsonl": [{"image": "a.jpg", "question": "Q?", "answers": ["cat"] * 6 + ["dog"] * 4},
                         {"image": "a.jpg", "question": "Q?", "answers": [{"answer": "dog", "answer_id": 1}],
                          "multiple_choice_answer": "cat"}]},
            expect("a.jpg", "Q? | cat"),
            expect("a.jpg", "Q? | cat"),
        ),
        shape(
            "numbered images, and choices written as a list of Python",
            {"d.jsonl": [{"image_2": "b.jpg", "image_1": "a.jpg", "image_3": None, "question": "Which?",
                          "options": "['red', 'blue']", "answer": "A"}]},
            expect("a.jpg b.jpg", Turn("Which?", '["red"]', "label", ["red", "blue"])),
        ),
        shape(
            "lists of questions and answers; captions by the name of the file",
            {"d.json": [{"image": "a.jpg", "questions": ["Q1?", "Q2?", "Q3?"], "answers": ["A1", 2, None]}],
             "e.json": {"b.jpg": "A cat", "c.jpg": ["A dog", "An animal"]}},
            expect("a.jpg", "Q1? | A1"),
            expect("a.jpg", "Q2? | 2"),
            expect("b.jpg", caption("A cat")),
            expect("c.jpg", caption("A dog")),
            expect("c.jpg", caption("An animal")),
            problems=("There is no answer.",),
        ),
    ],
)  # fmt: skip
def test_rows(tmp_path: Path, files: Files, expected: list[Expected], problems: list[str]) -> None:
    names = {"Rows of questions and answers (JSON, CSV, parquet)", "Hugging Face ImageFolder"}
    check(tmp_path, files, expected, problems, *names)


QUESTION = {"question_id": 1, "image_id": 42, "question": "Q?"}
ANSWER = {"question_id": 1, "image_id": 42, "multiple_choice_answer": "cat"}


@pytest.mark.parametrize(
    ("files", "expected", "problems"),
    [
        shape(
            "names of COCO from the subtype",
            {"q.json": {"data_subtype": "val2014", "questions": [QUESTION]}, "ann.json": {"annotations": [ANSWER]}},
            expect("COCO_val2014_000000000042.jpg", "Q? | cat"),
        ),
        shape(
            "the name of a file that is here",
            {"q.json": {"questions": [QUESTION]}, "ann.json": {"annotations": [ANSWER]}, "images/42.png": IMAGE},
            expect("42.png", "Q? | cat"),
        ),
        shape(
            "ids as text in one file, as number in the other",
            {"q.json": {"questions": [{"question_id": "1", "image_id": 42, "question": "Q?", "image": "a.jpg"}]},
             "ann.json": {"annotations": [ANSWER]}},
            expect("a.jpg", "Q? | cat"),
        ),
        shape(
            "answers of ten people, in another order",
            {"q.json": {"questions": [QUESTION, QUESTION | {"question_id": 2}]},
             "ann.json": {"annotations": [
                 {"question_id": 2, "answers": [{"answer": "dog"}] * 4 + [{"answer": "cat"}] * 6}, ANSWER]}},
            expect("000000000042.jpg", "Q? | cat"),
            expect("000000000042.jpg", "Q? | cat"),
        ),
        shape(
            "odd ids and answers cost their row",
            {"q.json": {"questions": [QUESTION, {"question_id": [1], "question": "Q?"}, QUESTION | {"question_id": 3}]},
             "ann.json": {"annotations": [ANSWER, {"question_id": 3, "answers": 5},
                                          {"question_id": 9, "answers": []}]}},
            expect("000000000042.jpg", "Q? | cat"),
            problems=("question_id is no number and no text.", "This annotation has no answer.", "There is no answer.",
                      "This question has no annotation."),
        ),
        shape(
            "ids as text, and fractions, of every annotation",
            {"q.json": {"questions": [QUESTION, QUESTION | {"question_id": 2}]},
             "ann.json": {"annotations": [ANSWER | {"question_id": "2", "multiple_choice_answer": "dog"},
                                          ANSWER | {"question_id": "1"}, ANSWER | {"question_id": "1.5"}]}},
            expect("000000000042.jpg", "Q? | dog"),
            expect("000000000042.jpg", "Q? | cat"),
            problems=("This annotation has no question.",),
        ),
        shape(
            "names by the list of Vitrine's export, and questions without annotations",
            {"q.json": {"questions": [QUESTION]}, "ann.json": {"annotations": [ANSWER]},
             "vqa_v2_train_ids.jsonl": [{"question_id": 1, "image_id": 42, "image": "images/x.jpg"}]},
            expect("images/x.jpg", "Q? | cat"),
        ),
    ],
)  # fmt: skip
def test_vqa_v2(tmp_path: Path, files: Files, expected: list[Expected], problems: list[str]) -> None:
    check(tmp_path, files, expected, problems, "VQA v2")


COCO_IMAGE = {"id": 42, "file_name": "a.jpg", "width": 100, "height": 80}


@pytest.mark.parametrize(
    ("files", "expected", "problems"),
    [
        shape(
            "captions, each an entry",
            {"d.json": {"info": {"year": 2017}, "images": [COCO_IMAGE], "annotations": [
                {"id": 1, "image_id": 42, "caption": "A cat"}, {"id": 2, "image_id": 42, "caption": "An animal"}]}},
            expect("a.jpg", caption("A cat")),
            expect("a.jpg", caption("An animal")),
        ),
        shape(
            "annotations before the images",
            {"d.json": {"annotations": [{"image_id": 42, "caption": "A cat"}], "images": [COCO_IMAGE]}},
            expect("a.jpg", caption("A cat")),
        ),
        shape(
            "boxes of objects with their categories behind them",
            {"d.json": {"images": [COCO_IMAGE], "annotations": [
                {"image_id": 42, "category_id": 18, "bbox": [10, 20, 30, 40]},
                {"image_id": 42, "category_id": 1, "bbox": [0, 0, 5, 5.5]}],
                "categories": [{"id": 18, "name": "dog"}, {"id": 1, "name": "person"}]}},
            expect("a.jpg", Turn("Which objects are in this image?", '["dog", "person"]', "label"),
                   boxes=(ImportedBox("dog", (10.0, 20.0, 40.0, 60.0), measured_wh=(100, 80)),
                          ImportedBox("person", (0.0, 0.0, 5.0, 5.5), measured_wh=(100, 80)))),
        ),
        shape(
            "ids as text",
            {"d.json": {"images": [COCO_IMAGE | {"id": "42"}], "annotations": [{"image_id": 42, "caption": "A cat"}]}},
            expect("a.jpg", caption("A cat")),
        ),
        shape(
            "an image that is not listed, an empty caption, a box of three numbers",
            {"d.json": {"images": [COCO_IMAGE], "annotations": [
                {"image_id": 7, "caption": "A cat"}, {"image_id": 42, "caption": ""},
                {"image_id": 42, "bbox": [1, 2, 3], "category_id": 1}]}},
            problems=("There is no image with the id 7.", "There is no answer.",
                      "bbox is no list of x, y, width and height."),
        ),
        shape(
            "an image without a name",
            {"d.json": {"images": [{"id": 1}, COCO_IMAGE], "annotations": [{"image_id": 42, "caption": "A cat"}]}},
            expect("a.jpg", caption("A cat")),
            problems=("This image has no file_name.",),
        ),
    ],
)  # fmt: skip
def test_coco(tmp_path: Path, files: Files, expected: list[Expected], problems: list[str]) -> None:
    check(tmp_path, files, expected, problems, "COCO")


@pytest.mark.parametrize(
    ("files", "expected", "problems"),
    [
        shape("lines", {"d.jsonl": [{"image": "a.jpg", "prefix": "Q?", "suffix": "A"}]}, expect("a.jpg", "Q? | A")),
        shape("an array", {"d.json": [{"image": "a.jpg", "prefix": "Q?", "suffix": "A"}]}, expect("a.jpg", "Q? | A")),
        shape("a table", {"d.csv": "image,prefix,suffix\na.jpg,Q?,A\n"}, expect("a.jpg", "Q? | A")),
        shape("a number", {"d.jsonl": [{"image": "a.jpg", "prefix": "Q?", "suffix": 3}]}, expect("a.jpg", "Q? | 3")),
        shape("places of PaliGemma", {"d.jsonl": [{"image": "a.jpg", "prefix": "detect dog",
                                                   "suffix": "<loc0012><loc0034> dog"}]},
              expect("a.jpg", "detect dog | <loc0012><loc0034> dog")),
        shape("an empty prefix", {"d.jsonl": [{"image": "a.jpg", "prefix": "", "suffix": "A"}]},
              problems=("The question is empty.",)),
    ],
)  # fmt: skip
def test_roboflow(tmp_path: Path, files: Files, expected: list[Expected], problems: list[str]) -> None:
    check(tmp_path, files, expected, problems, "Roboflow multimodal")


def task(*results: dict[str, Any], **data: Any) -> dict[str, Any]:
    return {"id": 1, "data": {"image": "a.jpg"} | data, "annotations": [{"result": list(results)}], "predictions": []}


def textarea(text: str, name: str = "caption") -> dict[str, Any]:
    return {"from_name": name, "to_name": "image", "type": "textarea", "value": {"text": [text]}}


TURNED_BOX = {"x": 20, "y": 20, "width": 30, "height": 20, "rotation": 90, "rectanglelabels": ["Car"]}
BOX = {"x": 10, "y": 20, "width": 30, "height": 40, "rotation": 0}


@pytest.mark.parametrize(
    ("files", "expected", "problems"),
    [
        shape("a text and the question of the task", {"d.json": [task(textarea("A"), question="Q?")]},
              expect("a.jpg", "Q? | A")),
        shape("a caption, and choices under the name of their control",
              {"d.json": [task(textarea("A cat"), {"from_name": "animal_kind", "type": "choices",
                                                   "value": {"choices": ["cat"]}})]},
              expect("a.jpg", caption("A cat")), expect("a.jpg", "animal kind | cat")),
        shape("boxes, with a rating",
              {"d.json": [task({"type": "rectanglelabels", "value": BOX | {"rectanglelabels": ["Car"]}},
                               {"type": "rating", "value": {"rating": 4}})]},
              expect("a.jpg", Turn("Which objects are in this image?", '["Car"]', "label"), score=4.0,
                     boxes=(ImportedBox("Car", (0.1, 0.2, 0.4, 0.6), "relative"),))),
        # In an image of 1000 x 500 px, 300 x 100 px at (200, 100), turned to the left of and below its first corner.
        shape("a box that was turned",
              {"d.json": [task({"type": "rectanglelabels", "original_width": 1000, "original_height": 500,
                                "value": TURNED_BOX})]},
              expect("a.jpg", Turn("Which objects are in this image?", '["Car"]', "label"),
                     boxes=(ImportedBox("Car", (0.1, 0.2, 0.2, 0.8), "relative"),))),
        shape("a box that was turned, in the short form",
              {"d.json": [{"id": 1, "image": "a.jpg", "annotator": 1, "annotation_id": 2, "lead_time": 3.5,
                           "label": [TURNED_BOX | {"original_width": 1000, "original_height": 500}]}]},
              expect("a.jpg", Turn("Which objects are in this image?", '["Car"]', "label"),
                     boxes=(ImportedBox("Car", (0.1, 0.2, 0.2, 0.8), "relative"),))),
        shape("a turned box in an image of unknown size",
              {"d.json": [task(textarea("A"), {"type": "rectanglelabels", "value": TURNED_BOX})]},
              expect("a.jpg", caption("A"))),
        shape("the short form",
              {"d.json": [{"id": 1, "image": "a.jpg", "choice": "Dog", "annotator": 1, "annotation_id": 2,
                           "lead_time": 3.5, "created_at": "2026-01-01"}]},
              expect("a.jpg", "choice | Dog")),
        shape("uploaded files and local files",
              {"d.json": [task(textarea("A"), image="/data/upload/3/0123abcd-x.jpg"),
                          task(textarea("B"), image="/data/local-files/?d=set%2Fy.jpg")]},
              expect("x.jpg", caption("A")), expect("set/y.jpg", caption("B"))),
        shape("a task that was skipped, and one without a result",
              {"d.json": [{"data": {"image": "a.jpg"}, "annotations": [{"was_cancelled": True, "result": []}]},
                          task()]},
              problems=("This task has no annotation.", "This task has no text, choice or box.")),
    ],
)  # fmt: skip
def test_label_studio(tmp_path: Path, files: Files, expected: list[Expected], problems: list[str]) -> None:
    check(tmp_path, files, expected, problems, "Label Studio")


def test_a_turned_box_that_cannot_be_set_upright_is_told(tmp_path: Path) -> None:
    results = textarea("A"), {"type": "rectanglelabels", "value": TURNED_BOX}
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "d.json").write_bytes(written("d.json", [task(*results)]))
    notes = read_annotations(tmp_path / "in", tmp_path / "spool").notes
    assert [note.reason for note in notes] == [
        "1 box cannot be read. A turned box needs original_width and original_height."
    ]


@pytest.mark.parametrize(
    ("files", "expected", "problems"),
    [
        shape("a text", {"0001.jpg": IMAGE, "0001.txt": "A cat\n"}, expect("0001.jpg", caption("A cat"))),
        shape("a caption in a directory", {"s/0001.PNG": IMAGE, "s/0001.caption": "A cat"},
              expect("0001.PNG", caption("A cat"))),
        shape("an object with a caption", {"1.jpg": IMAGE, "1.json": {"caption": "A cat", "url": "https://x.org/y.jpg"}},
              expect("1.jpg", caption("A cat"))),
        shape("an object with questions", {"1.jpg": IMAGE, "1.json": {"qa": [{"question": "Q?", "answer": "A"}]}},
              expect("1.jpg", "Q? | A")),
        shape("an object with a conversation",
              {"1.jpg": IMAGE, "1.json": {"conversations": [{"from": "human", "value": "Q?"},
                                                            {"from": "gpt", "value": "A"}]}},
              expect("1.jpg", "Q? | A")),
        shape("a text without an image, an empty one, and boxes of YOLO",
              {"1.jpg": IMAGE, "1.txt": " ", "2.jpg": IMAGE, "2.txt": "0 0.5 0.5 0.1 0.2\n", "notes.txt": "x"},
              problems=("There is no answer.", "These are boxes of YOLO, which are not read. Convert them to COCO.",
                        "This text is not read: there is no one image of its name beside it.")),
    ],
)  # fmt: skip
def test_sidecar(tmp_path: Path, files: Files, expected: list[Expected], problems: list[str]) -> None:
    check(tmp_path, files, expected, problems, "Texts beside images")


def own(**fields: Any) -> dict[str, Any]:
    return {"schema_version": 1, "image": {"file": "images/a.jpg", "name": "a.jpg"}, "question": "Q?", "answer": "A",
            "answer_type": "text", "rejected": False} | fields  # fmt: skip


@pytest.mark.parametrize(
    ("files", "expected", "problems"),
    [
        shape("lines", {"entries.jsonl": [own()]}, expect("images/a.jpg", "Q? | A")),
        shape("all fields", {"entries.json": [own(confirmed=True, score=4.5, tags="a,b", note="n", model="m",
                                                  language="de", kind="k")]},
              expect("images/a.jpg", "Q? | A", confirmed=True, score=4.5, tags=("a", "b"), note="n", model="m",
                     language="de", kind="k")),
        shape("a rejected entry", {"entries.jsonl": [own(rejected=True)]},
              expect("images/a.jpg", "Q? | A", rejected=True)),
        shape("labels with options", {"entries.jsonl": [own(answer='["A"]', answer_type="label", options=["A", "B"])]},
              expect("images/a.jpg", Turn("Q?", '["A"]', "label", ["A", "B"]))),
        shape("no file, a name alone", {"entries.jsonl": [own(image={"name": "a.jpg"})]}, expect("a.jpg", "Q? | A")),
        shape("a label that is none of the options",
              {"entries.jsonl": [own(answer='["C"]', answer_type="label", options=["A", "B"])]},
              problems=("C is not one of the labels. Choose from A, B.",)),
    ],
)  # fmt: skip
def test_vitrine(tmp_path: Path, files: Files, expected: list[Expected], problems: list[str]) -> None:
    check(tmp_path, files, expected, problems, "Vitrine")
