"""Datasets that come as no rows of questions: captions, statements, classes and boxes, and what becomes of them."""

from pathlib import Path
from typing import Any

import pytest

from core.importing.answers import CAPTION_QUESTION
from core.importing.readers.boxes import DETECTION_QUESTION
from core.importing.readers.classes import CLASS_QUESTION
from core.importing.readers.rows import REGION_QUESTION
from core.importing.records import ImportedBox, Turn
from tests.core.importing.readers.shapes import Expected, Files, check, expect, shape

IMAGE = b"no image, but a file"
ROWS = "Rows of questions and answers (JSON, CSV, parquet)"
IMAGE_FOLDER = "Hugging Face ImageFolder"


def caption(text: str) -> Turn:
    return Turn(CAPTION_QUESTION, text)


def region(text: str) -> Turn:
    return Turn(REGION_QUESTION, text)


def truth(statement: str, *, is_true: bool) -> Turn:
    return Turn(f"True or false? {statement}", f'["{is_true}"]', "label", ["True", "False"])


@pytest.mark.parametrize(
    ("files", "expected", "problems"),
    [
        shape("captions by the name of the image, as many for each",
              {"d.json": {"a.jpg": ["One.", "Two."], "b.jpg": ["Three.", "Four."]}},
              expect("a.jpg", caption("One.")), expect("a.jpg", caption("Two.")),
              expect("b.jpg", caption("Three.")), expect("b.jpg", caption("Four."))),
        shape("questions by the name of the image",
              {"d.json": {"a.jpg": [{"question": "Q1?", "answer": "A1"}, {"question": "Q2?", "answer": "A2"}],
                          "b.jpg": {"question": "Q3?", "answer": "A3"}, "c.jpg": {"Q4?": "A4", "Q5?": 5}}},
              expect("a.jpg", "Q1? | A1"), expect("a.jpg", "Q2? | A2"), expect("b.jpg", "Q3? | A3"),
              expect("c.jpg", "Q4? | A4"), expect("c.jpg", "Q5? | 5")),
        shape("questions without answers are no captions", {"d.json": {"a.jpg": ["What?", "Why?"], "b.jpg": ["A cat"]}},
              expect("b.jpg", caption("A cat")),
              problems=("These are questions without answers. Write them as objects with question and answer.",)),
        shape("regions of Visual Genome",
              {"2.jpg": IMAGE, "region_descriptions.json": [{"id": 2, "regions": [
                  {"region_id": 1, "width": 30, "height": 40, "image_id": 2, "x": 10, "y": 20,
                   "phrase": "the clock"}]}]},
              expect("2.jpg", region("the clock"), boxes=(ImportedBox("the clock", (10.0, 20.0, 40.0, 60.0)),))),
        shape("Visual Genome",
              {"1.jpg": IMAGE, "question_answers.json": [
                  {"id": 1, "qas": [{"a_objects": [], "question": "What color is the clock?", "image_id": 1,
                                     "qa_id": 986768, "answer": "Green.", "q_objects": []},
                                    {"question": "How tall?", "image_id": 1, "qa_id": 2, "answer": ""}]}]},
              expect("1.jpg", "What color is the clock? | Green."), problems=("There is no answer.",)),
        shape("a list of questions in each row, with tags",
              {"d.jsonl": [{"image": "a.jpg", "tags": ["x"], "qa_pairs": [{"question": "Q1?", "answer": "A1"},
                                                                          {"question": "Q2?", "answer": "A2"}]}]},
              expect("a.jpg", "Q1? | A1", tags=("x",)), expect("a.jpg", "Q2? | A2", tags=("x",))),
        shape("OCR-VQA, with one cover here",
              {"images/1859847770.jpg": IMAGE, "dataset.json": {
                  "1859847770": {"imageURL": "http://x.org/61B.jpg", "questions": ["Who wrote it?", "Genre?"],
                                 "answers": ["Kenny King", "Sports"], "title": "Mind to Mind", "split": 1},
                  "0313": {"imageURL": "http://x.org/51M.jpg", "questions": ["Year?"], "answers": ["2015"]}}},
              expect("1859847770.jpg", "Who wrote it? | Kenny King"), expect("1859847770.jpg", "Genre? | Sports"),
              expect("http://x.org/51M.jpg", "Year? | 2015")),
    ],
)  # fmt: skip
def test_images_with_lists(tmp_path: Path, files: Files, expected: list[Expected], problems: list[str]) -> None:
    nested = "Lists of questions (Visual Genome)"
    check(tmp_path, files, expected, problems, ROWS, IMAGE_FOLDER, nested, "OCR-VQA")


FLICKR = "1000268201_693b08cb0e.jpg"


@pytest.mark.parametrize(
    ("files", "expected", "problems"),
    [
        shape("Karpathy's split of COCO",
              {"dataset_coco.json": {"images": [{
                  "filepath": "val2014", "sentids": [770337], "filename": "COCO_val2014_000000391895.jpg", "imgid": 0,
                  "split": "test", "cocoid": 391895, "sentences": [
                      {"tokens": ["a", "man"], "raw": "A man.", "imgid": 0, "sentid": 770337},
                      {"tokens": [], "raw": "", "imgid": 0, "sentid": 771687}]}], "dataset": "coco"}},
              expect("val2014/COCO_val2014_000000391895.jpg", caption("A man.")), problems=("There is no answer.",)),
        shape("MiniGPT-4: annotations without a list of images",
              {"image/2.jpg": IMAGE, "filter_cap.json": {"annotations": [
                  {"image_id": "2", "caption": "A kitchen."}, {"image_id": "4", "caption": "A street."}]}},
              expect("2.jpg", caption("A kitchen.")), expect("4.jpg", caption("A street."))),
        shape("captions.txt of Flickr8k",
              {"captions.txt": f'image,caption\n{FLICKR},A child .\n{FLICKR},"A girl, in pink ."\n'},
              expect(FLICKR, caption("A child .")), expect(FLICKR, caption("A girl, in pink ."))),
        shape("Flickr8k.token.txt and results_20130124.token",
              {"Flickr8k.token.txt": f"{FLICKR}#0\tA child in a dress .\n{FLICKR}#1\tA girl, in pink .\n\nnone\n",
               "results_20130124.token": "1.jpg#0\tTwo men .\n"},
              expect(FLICKR, caption("A child in a dress .")), expect(FLICKR, caption("A girl, in pink .")),
              expect("1.jpg", caption("Two men .")),
              problems=("This line has no name of an image with a caption behind it.",)),
        shape("open_clip",
              {"train.csv": "filepath\ttitle\na.jpg\tA cat\n", "cc3m.tsv": "filepath\ttitle\nb.jpg\tA dog\n"},
              expect("b.jpg", caption("A dog")), expect("a.jpg", caption("A cat"))),
        shape("Conceptual Captions, without names of columns", {"Train_GCC.tsv": "a cat\thttps://x.org/1\na dog\thttps://x.org/2\n"},
              expect("https://x.org/1", caption("a cat")), expect("https://x.org/2", caption("a dog"))),
        shape("more columns without names", {"d.csv": "a.jpg,What?,A cat\n"},
              problems=("This file was not read. The first line names an image, not columns. Add a line with the names "
                        "of the columns.",)),
        shape("a list of images with numbers, as ImageNet has it, is no captions", {"val.txt": "n01/a.JPEG 0\n"},
              problems=("This text is not read: there is no one image of its name beside it.",)),
    ],
)  # fmt: skip
def test_captions(tmp_path: Path, files: Files, expected: list[Expected], problems: list[str]) -> None:
    check(tmp_path, files, expected, problems, ROWS, IMAGE_FOLDER, "Karpathy splits", "COCO", "Texts beside images", "")


VSR = {"image": "000000085637.jpg", "image_link": "http://images.example/train2017/000000085637.jpg",
       "caption": "The plant is right of the bench.", "label": 0, "relation": "right of"}  # fmt: skip


@pytest.mark.parametrize(
    ("files", "expected", "problems"),
    [
        shape("VSR", {"train.jsonl": [VSR, VSR | {"label": 1}]},
              expect("000000085637.jpg", truth("The plant is right of the bench.", is_true=False)),
              expect("000000085637.jpg", truth("The plant is right of the bench.", is_true=True))),
        shape("NLVR2: two images by the identifier",
              {"dev.json": [{"synset": "x", "query": "acorns9", "identifier": "dev-850-0-0", "label": "False",
                             "sentence": "There is no more than one dog.", "left_url": "https://x.org/l.jpg",
                             "right_url": "https://x.org/r.jpg"}]},
              expect("dev-850-0-img0.png dev-850-0-img1.png", truth("There is no more than one dog.", is_true=False))),
        shape("two images in their columns, true as a value of JSON",
              {"d.jsonl": [{"left_image": "l.jpg", "right_image": "r.jpg", "statement": "Same.", "label": True}]},
              expect("l.jpg r.jpg", truth("Same.", is_true=True))),
        shape("a caption with a class stays a caption",
              {"d.jsonl": [{"image": "a.jpg", "caption": "A joke.", "label": 0}]},
              expect("a.jpg", caption("A joke."))),
    ],
)  # fmt: skip
def test_statements(tmp_path: Path, files: Files, expected: list[Expected], problems: list[str]) -> None:
    check(tmp_path, files, expected, problems, "Statements (VSR, NLVR2)", ROWS)


def labelme(**fields: Any) -> dict[str, Any]:
    return {"version": "5.4.1", "flags": {}, "shapes": [], "imagePath": "a.jpg", "imageData": None,
            "imageHeight": 80, "imageWidth": 100} | fields  # fmt: skip


RECTANGLE = {"label": "dog", "points": [[30, 60], [10, 20.5]], "group_id": None, "shape_type": "rectangle", "flags": {}}
DOG = ImportedBox("dog", (10.0, 20.5, 30.0, 60.0), measured_wh=(100, 80))
POLYGON = {"label": "cat", "points": [[1, 1], [9, 1], [5, 8]], "shape_type": "polygon"}


@pytest.mark.parametrize(
    ("files", "expected", "problems"),
    [
        shape("labelme: rectangles are boxes, others are said",
              {"a.jpg": IMAGE, "a.json": labelme(shapes=[RECTANGLE, POLYGON])},
              expect("a.jpg", Turn(DETECTION_QUESTION, '["dog"]', "label"), boxes=(DOG,)),
              problems=("1 shape of this file is no rectangle. Only rectangles are read.",)),
        shape("labelme: flags, and the path of Windows in a directory of its own",
              {"images/a.jpg": IMAGE, "labels/a.json": labelme(flags={"cat": True, "dog": False, "out": True},
                                                               imagePath="..\\images\\a.jpg")},
              expect("../images/a.jpg", Turn(CLASS_QUESTION, '["cat", "out"]', "label", ["cat", "dog", "out"]))),
        shape("labelme: the image in the file",
              {"a.json": labelme(shapes=[RECTANGLE], imageData="QUJD")},
              expect("a.json", Turn(DETECTION_QUESTION, '["dog"]', "label"), boxes=(DOG,))),
        shape("X-AnyLabeling: a question with a box of four corners",
              {"a.jpg": IMAGE, "a.json": labelme(
                  shapes=[RECTANGLE | {"points": [[10, 20.5], [30, 20.5], [30, 60], [10, 60]]}],
                  vqaData={"question": "How many?", "answer": 3, "split": "train", "task": "Counting",
                           "tags": ["natural"]})},
              expect("a.jpg", "How many? | 3", tags=("natural",), boxes=(DOG,))),
        shape("X-AnyLabeling: a chat and components of other names",
              {"a.jpg": IMAGE, "a.json": labelme(vqaData={"summary": "x"}, chat_history=[
                  {"role": "user", "content": "<image> Count.", "image": "a.jpg"},
                  {"role": "assistant", "content": "Two.", "image": None}])},
              expect("a.jpg", "Count. | Two."),
              problems=("vqaData was left out. Name its components question and answer. Seen: summary.",)),
        shape("X-AnyLabeling: a question without its answer leaves the boxes",
              {"a.jpg": IMAGE, "a.json": labelme(shapes=[RECTANGLE], chat_history=[{"role": "user", "content": "Q?"}])},
              expect("a.jpg", Turn(DETECTION_QUESTION, '["dog"]', "label"), boxes=(DOG,)),
              problems=("A question has no answer: Q?",)),
        shape("nothing in it", {"a.jpg": IMAGE, "a.json": labelme()},
              problems=("This file has no box, true flag, question with its answer, or description.",)),
    ],
)  # fmt: skip
def test_labelme(tmp_path: Path, files: Files, expected: list[Expected], problems: list[str]) -> None:
    check(tmp_path, files, expected, problems, "labelme, X-AnyLabeling")


def labelbox(*classifications: dict[str, Any], objects: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    annotations = {"objects": list(objects), "classifications": list(classifications), "relationships": []}
    return {
        "data_row": {"id": "clx", "external_id": "a.jpg", "row_data": "https://storage.labelbox.com/x?token=1"},
        "media_attributes": {"width": 100, "height": 80, "mime_type": "image/jpeg"},
        "projects": {"cly": {"name": "Pets", "labels": [{"label_kind": "Default", "annotations": annotations}]}},
    }


@pytest.mark.parametrize(
    ("files", "expected", "problems"),
    [
        shape("texts, one choice and several",
              {"export.ndjson": [labelbox({"name": "What is it?", "text_answer": {"content": "A dog."}},
                                          {"name": "Breed", "radio_answer": {"name": "Beagle", "value": "beagle"}},
                                          {"name": "Colors",
                                           "checklist_answers": [{"name": "Red"}, {"name": "Tan"}]})]},
              expect("a.jpg", "What is it? | A dog."), expect("a.jpg", Turn("Breed", '["Beagle"]', "label")),
              expect("a.jpg", Turn("Colors", '["Red", "Tan"]', "label"))),
        shape("boxes, and an object that is none",
              {"export.ndjson": [labelbox(objects=(
                  {"name": "Dog", "annotation_kind": "ImageBoundingBox",
                   "bounding_box": {"top": 20, "left": 10, "height": 40, "width": 20}},
                  {"name": "Cat", "polygon": [{"x": 1, "y": 2}]}))]},
              expect("a.jpg", Turn(DETECTION_QUESTION, '["Dog"]', "label"),
                     boxes=(ImportedBox("Dog", (10.0, 20.0, 30.0, 60.0)),)),
              problems=("1 objects of this row are no boxes. Only boxes are read.",)),
        shape("no label", {"export.ndjson": [labelbox()]},
              problems=("This row has no label with a classification or a box.",)),
    ],
)  # fmt: skip
def test_labelbox(tmp_path: Path, files: Files, expected: list[Expected], problems: list[str]) -> None:
    check(tmp_path, files, expected, problems, "Labelbox")


CLASSES = "Image classes (a column label, or directories)"


@pytest.mark.parametrize(
    ("files", "expected", "problems"),
    [
        shape("metadata of ImageFolder with a label", {"metadata.csv": "file_name,label\na.jpg,cat\nb.jpg,dog\n"},
              expect("a.jpg", Turn(CLASS_QUESTION, '["cat"]', "label")),
              expect("b.jpg", Turn(CLASS_QUESTION, '["dog"]', "label"))),
        shape("several labels", {"d.jsonl": [{"image": "a.jpg", "labels": ["cat", "indoor"]}]},
              expect("a.jpg", Turn(CLASS_QUESTION, '["cat", "indoor"]', "label"))),
    ],
)  # fmt: skip
def test_classes(tmp_path: Path, files: Files, expected: list[Expected], problems: list[str]) -> None:
    check(tmp_path, files, expected, problems, CLASSES)


@pytest.mark.parametrize(
    ("files", "expected", "problems"),
    [
        shape("metadata of ImageFolder, and objects in a list",
              {"metadata.jsonl": [{"file_name": "a.jpg",
                                   "objects": {"bbox": [[10, 20, 30, 40]], "categories": ["dog"]}},
                                  {"file_name": "b.jpg", "objects": [{"bbox": [1, 2, 3, 4], "category": "cat"}]},
                                  {"file_name": "c.jpg", "objects": {"bbox": [], "categories": []}}]},
              expect("a.jpg", Turn(DETECTION_QUESTION, '["dog"]', "label"),
                     boxes=(ImportedBox("dog", (10.0, 20.0, 40.0, 60.0)),)),
              expect("b.jpg", Turn(DETECTION_QUESTION, '["cat"]', "label"),
                     boxes=(ImportedBox("cat", (1.0, 2.0, 4.0, 6.0)),)),
              problems=("This row has no boxes.",)),
        shape("a row for each box is said, not read",
              {"d.csv": "filename,class,xmin,ymin,xmax,ymax\na.jpg,cup,1,2,3,4\n"},
              problems=("This file was not read: it has boxes without questions or captions. Convert it to COCO. "
                        "Seen: filename, class, xmin, ymin, xmax, ymax.",)),
    ],
)  # fmt: skip
def test_detection(tmp_path: Path, files: Files, expected: list[Expected], problems: list[str]) -> None:
    check(tmp_path, files, expected, problems, "Object detection", "")


def imported(key: str, **fields: Any) -> dict[str, Any]:
    return {"key": key, "status": "success", "error_message": None, "url": f"https://x.org/{key}.jpg",
            "caption": "A cat", "width": 256, "height": 256, "original_width": 512, "sha256": "0"} | fields  # fmt: skip


@pytest.mark.parametrize(
    ("files", "expected", "problems"),
    [
        shape("rows beside an archive are its members",
              {"00000.tar": b"", "00000.json": [imported("000000000"), imported(
                  "000000001", status="failed_to_download", error_message="HTTP Error 404: Not Found")]},
              expect("000000000", caption("A cat")),
              problems=("img2dataset has not downloaded this image: HTTP Error 404: Not Found.",)),
        shape("rows beside files are these", {"00000/000000000.png": IMAGE, "all.json": [imported("000000000")]},
              expect("000000000.png", caption("A cat"))),
        shape("rows alone name addresses", {"00000.json": [imported("000000000")]},
              expect("https://x.org/000000000.jpg", caption("A cat"))),
    ],
)  # fmt: skip
def test_img2dataset(tmp_path: Path, files: Files, expected: list[Expected], problems: list[str]) -> None:
    check(tmp_path, files, expected, problems, "img2dataset")


REF = {"image": "a.jpg", "question_id": "1", "iscrowd": 0}


@pytest.mark.parametrize(
    ("files", "expected", "problems"),
    [
        shape("RefCOCO: the box of an expression, as COCO writes it",
              {"d.jsonl": [REF | {"question": "What is circled?", "answer": ["navy blue shirt"],
                                  "bbox": [10, 20, 5, 40]}]},
              expect("a.jpg", "What is circled? | navy blue shirt",
                     boxes=(ImportedBox("navy blue shirt", (10.0, 20.0, 15.0, 60.0)),))),
        shape("corners, since the sizes would leave the image",
              {"d.jsonl": [REF | {"sent": "shirt", "bbox": [60, 20, 90, 70], "width": 100, "height": 80},
                           REF | {"sent": "left man", "bbox": [1, 2, 9, 9], "width": 100, "height": 80}]},
              expect("a.jpg", region("shirt"), boxes=(ImportedBox("shirt", (60.0, 20.0, 90.0, 70.0)),)),
              expect("a.jpg", region("left man"), boxes=(ImportedBox("left man", (1.0, 2.0, 9.0, 9.0)),))),
        shape("several expressions of one box, in objects",
              {"d.jsonl": [REF | {"sentences": [{"raw": "shirt", "sent_id": 1}, {"raw": "blue one", "sent_id": 2}],
                                  "bbox": [10, 20, 5, 40], "category": "shirt"}]},
              *(expect("a.jpg", region(text), kind="shirt", boxes=(ImportedBox("shirt", (10.0, 20.0, 15.0, 60.0)),))
                for text in ("shirt", "blue one"))),
        shape("a cell of a table", {"d.csv": 'image,caption,bbox\na.jpg,A cup,"[10, 20, 5, 40]"\n'},
              expect("a.jpg", caption("A cup"), boxes=(ImportedBox("A cup", (10.0, 20.0, 15.0, 60.0)),))),
    ],
)  # fmt: skip
def test_expressions_with_boxes(tmp_path: Path, files: Files, expected: list[Expected], problems: list[str]) -> None:
    check(tmp_path, files, expected, problems, ROWS)


@pytest.mark.parametrize(
    ("files", "expected", "problems"),
    [
        shape("AI2D: the number of an option, which are numbers themselves in one row",
              {"d.jsonl": [{"image": "a.jpg", "question": "Q1?", "options": ["3", "2", "1", "0"], "answer": "2"},
                           {"image": "a.jpg", "question": "Q2?", "options": ["leaf", "root"], "answer": "1"}]},
              expect("a.jpg", Turn("Q1?", '["1"]', "label", ["3", "2", "1", "0"])),
              expect("a.jpg", Turn("Q2?", '["root"]', "label", ["leaf", "root"]))),
        shape("options that are numbers in all rows",
              {"d.jsonl": [{"image": "a.jpg", "question": "Q1?", "options": ["3", "2", "1", "0"], "answer": "2"}]},
              expect("a.jpg", Turn("Q1?", '["2"]', "label", ["3", "2", "1", "0"]))),
        shape("numbers from one on",
              {"d.jsonl": [{"image": "a.jpg", "question": "Q1?", "options": ["leaf", "root"], "answer": 2},
                           {"image": "a.jpg", "question": "Q2?", "options": ["leaf", "root"], "answer": 1}]},
              expect("a.jpg", Turn("Q1?", '["root"]', "label", ["leaf", "root"])),
              expect("a.jpg", Turn("Q2?", '["leaf"]', "label", ["leaf", "root"]))),
        shape("ChartQA: one text in a list", {"d.jsonl": [{"image": "a.jpg", "query": "How many?", "label": ["14"]}]},
              expect("a.jpg", "How many? | 14")),
        shape("options in a cell of a table, the answer in other letters",
              {"d.csv": "image,question,answer,options\na.jpg,Q1?,Red,red|blue\nb.jpg,Q2?,B,\"['x' 'y']\"\n"},
              expect("a.jpg", Turn("Q1?", '["red"]', "label", ["red", "blue"])),
              expect("b.jpg", Turn("Q2?", '["y"]', "label", ["x", "y"]))),
        shape("SEED-Bench and PMC-VQA: a column for each option",
              {"1.json": {"questions": [{"answer": "B", "choice_a": "One", "choice_b": "Two", "data_id": "1.jpg",
                                         "image": "1.jpg", "question": "Q1?"}]},
               "2.csv": "Figure_path,Question,Choice A,Choice B,Answer\n2.jpg,Q2?, A:CT , B:MRI ,A\n"},
              expect("1.jpg", Turn("Q1?", '["Two"]', "label", ["One", "Two"])),
              expect("2.jpg", Turn("Q2?", '["A:CT"]', "label", ["A:CT", "B:MRI"]))),
        shape("AI2D as its authors wrote it, a file for each diagram",
              {"questions/0.png.json": {"imageName": "0.png", "questions": {
                  "What is A?": {"abcLabel": True, "answerTexts": ["2", "1", "0"], "correctAnswer": 2},
                  "What is B?": {"abcLabel": False, "answerTexts": ["x", "y"], "correctAnswer": 5}}}},
              expect("0.png", Turn("What is A?", '["0"]', "label", ["2", "1", "0"])),
              problems=("A question has no right answer: What is B?",)),
        shape("answers with their weights", {"d.jsonl": [{"image_id": "a.jpg", "question": "Q?",
                                                          "label": {"ids": ["net", "mesh"], "weights": [0.3, 1.0]}}]},
              expect("a.jpg", "Q? | mesh")),
        shape("an object of options by their letters",
              {"d.jsonl": [{"image": "a.jpg", "question": "Q?", "answer": "B",
                            "options": {"A": "red", "B": "blue", "C": None}}]},
              expect("a.jpg", Turn("Q?", '["blue"]', "label", ["red", "blue"]))),
    ],
)  # fmt: skip
def test_options(tmp_path: Path, files: Files, expected: list[Expected], problems: list[str]) -> None:
    check(tmp_path, files, expected, problems, ROWS, "AI2D")
