"""Files of public datasets and of other programs, in the shapes they really have, and the records they become."""

import json
from pathlib import Path

import pytest

from core.importing.answers import CAPTION_QUESTION
from core.importing.records import ImportedBox, Turn
from tests.core.importing.readers.shapes import Expected, Files, check, expect, shape

IMAGE = b"no image, but a file"
ROWS = "Rows of questions and answers (JSON, CSV, parquet)"


@pytest.mark.parametrize(
    ("files", "expected", "problems"),
    [
        shape("lists by column", {"d.json": {"image": ["a.jpg", "b.jpg"], "question": ["Qa?", "Qb?"],
                                             "answer": ["A", "B"]}},
              expect("a.jpg", "Qa? | A"), expect("b.jpg", "Qb? | B")),
        shape("more lists by column than are looked at",
              {"d.json": {"image": [f"{n}.jpg" for n in range(25)], "question": ["Q?"] * 25,
                          "answer": [str(n) for n in range(25)]}},
              *(expect(f"{n}.jpg", f"Q? | {n}") for n in range(25))),
        shape("numbered rows by column, as pandas writes them",
              {"d.json": {"image": {"0": "a.jpg", "1": "b.jpg"}, "question": {"0": "Qa?", "1": "Qb?"},
                          "answer": {"0": "A", "1": "B"}}},
              expect("a.jpg", "Qa? | A"), expect("b.jpg", "Qb? | B")),
        shape("one row with two questions",
              {"d.json": {"image": "a.jpg", "question": ["Qa?", "Qb?"], "answer": ["A", "B"]}},
              expect("a.jpg", "Qa? | A"), expect("a.jpg", "Qb? | B")),
    ],
)  # fmt: skip
def test_tables_by_column(tmp_path: Path, files: Files, expected: list[Expected], problems: list[str]) -> None:
    check(tmp_path, files, expected, problems, ROWS)


@pytest.mark.parametrize(
    ("files", "expected", "problems"),
    [
        shape("A-OKVQA", {"000000299207.jpg": IMAGE,
                          "d.json": [{"image_id": 299207, "question": "Q?", "choices": ["a", "b"],
                                      "correct_choice_idx": 1, "direct_answers": ["ride", "sit", "ride"]}]},
              expect("000000299207.jpg", Turn("Q?", '["b"]', "label", ["a", "b"]))),
        shape("answers of people in a cell", {"d.jsonl": [{"image": "a.jpg", "question": "Q?",
                                                           "direct_answers": "['ride', 'sit', 'ride']"}]},
              expect("a.jpg", "Q? | ride")),
        shape("GQA", {"2354786.jpg": IMAGE, "d.json": {"02930152": {"question": "Q?", "imageId": "2354786",
                                                                    "answer": "yes", "fullAnswer": "Yes, it is."}}},
              expect("2354786.jpg", "Q? | yes")),
        shape("TextVQA", {"d.json": {"dataset_type": "train", "data": [
                  {"question": "Q?", "image_id": "0054c9", "flickr_original_url": "https://x.org/o.jpg",
                   "answers": ["nous", "dakota", "nous"]}]}},
              expect("0054c9.jpg", "Q? | nous")),
        shape("the name of an image without its ending", {"image1.png": IMAGE, "image11.png": IMAGE,
                                                          "d.csv": "question,answer,image_id\nQ?,book,image1\n"},
              expect("image1.png", "Q? | book")),
        shape("ScienceQA: keys that name the directory of an image",
              {"train/1/image.png": IMAGE, "d.json": {
                  "1": {"question": "Q1?", "choices": ["x", "y"], "answer": 0, "image": "image.png"},
                  "2": {"question": "Q2?", "choices": ["x", "y"], "answer": 1, "image": "image.png"}}},
              expect("train/1/image.png", Turn("Q1?", '["x"]', "label", ["x", "y"])),
              expect("2/image.png", Turn("Q2?", '["y"]', "label", ["x", "y"]))),
        shape("an id of two images", {"7.jpg": IMAGE, "7.png": IMAGE, "d.csv": "question,answer,image_id\nQ?,A,7\n"},
              problems=("The id 7 fits several images, such as 7.jpg and 7.png. Write the name in full.",)),
        shape("an id beside a name", {"7.jpg": IMAGE, "d.csv": "question,answer,image_id,image\nQ?,A,7,b.jpg\n"},
              expect("b.jpg", "Q? | A")),
        shape("InfographicVQA: the name before the address it came from",
              {"d.json": {"data": [{"question": "Q?", "image_local_name": "30473.jpeg",
                                    "image_url": "https://x.org/original.jpg", "answers": ["pinterest"]}]}},
              expect("30473.jpeg", Turn("Q?", "pinterest"))),
        shape("CLEVR, SLAKE, PMC-VQA",
              {"1.json": {"questions": [{"image_index": 0, "image_filename": "0.png", "question": "Q1?",
                                         "answer": "no"}]},
               "2.json": [{"img_id": 1, "img_name": "x1/source.jpg", "question": "Q2?", "answer": "MRI"}],
               "3.csv": "Figure_path,Question,Answer\nF1.jpg,Q3?,CT\n"},
              expect("0.png", "Q1? | no"), expect("x1/source.jpg", "Q2? | MRI"), expect("F1.jpg", "Q3? | CT")),
        shape("captions of Flickr30k", {"results.csv": "image_name| comment_number| comment\n1.jpg| 0| Two guys .\n",
                                        "t.csv": 'raw,filename,img_id\n"[""One."", ""Two.""]",1.jpg,0\n'},
              expect("1.jpg", Turn(CAPTION_QUESTION, "Two guys .")), expect("1.jpg", Turn(CAPTION_QUESTION, "One.")),
              expect("1.jpg", Turn(CAPTION_QUESTION, "Two."))),
        shape("the corners of a box as an answer, counts of several people",
              {"d.jsonl": [{"image": "a.jpg", "problem": "Where?", "solution": [10, 10, 20.5, 20.5]},
                           {"image": "a.jpg", "question": "How many?", "answers": [2, 3, 2]}]},
              expect("a.jpg", Turn("Where?", "[10, 10, 20.5, 20.5]", "custom_format")),
              expect("a.jpg", "How many? | 2")),
    ],
)  # fmt: skip
def test_public_datasets(tmp_path: Path, files: Files, expected: list[Expected], problems: list[str]) -> None:
    check(tmp_path, files, expected, problems, ROWS)


@pytest.mark.parametrize(
    ("files", "expected", "problems"),
    [
        shape("the delimiter in Excel's first line", {"d.csv": "sep=;\r\nimage;question;answer\r\na.jpg;Q?;3,5\r\n"},
              expect("a.jpg", "Q? | 3,5")),
        shape("another encoding", {"d.csv": "image;question;answer\na.jpg;Wie viele Äpfel?;5\n".encode("cp1252")},
              problems=("This file was not read. It is not UTF-8 text. Save it as UTF-8.",)),
        shape("empty cells of no column", {"d.csv": "image;question;answer;\na.jpg;Q1?;A1;; \na.jpg;Q2?;A2;;3\n"},
              expect("a.jpg", "Q1? | A1"),
              problems=("This line has 5 cells, but there are 4 columns. Quote cells with the delimiter.",)),
        shape("JSON of another encoding is never read with other characters",
              {"a.json": '[{"image": "a.jpg", "question": "Q?", "answer": "caf\u00e9"}]'.encode("cp1252"),
               "b.jsonl": b'{"image": "a.jpg", "caption": "ok"}\n{"image": "a.jpg", "caption": "\xb5"}\n',
               "c.json": "[]".encode("utf-16"), "d.jsonl": '{"image": "a.jpg"}'.encode("utf-16")},
              expect("a.jpg", Turn(CAPTION_QUESTION, "ok")),
              problems=("This row is not UTF-8 text. Save the file as UTF-8.",) * 2
              + ("This file was not read. It is not UTF-8 text. Save it as UTF-8.",) * 2),
    ],
)  # fmt: skip
def test_spreadsheets_and_encodings(
    tmp_path: Path, files: Files, expected: list[Expected], problems: list[str]
) -> None:
    check(tmp_path, files, expected, problems, ROWS, "")


def _parts(image: dict[str, str]) -> dict[str, list[dict[str, object]]]:
    content = [{"type": "image", **image}, {"type": "text", "text": "Q?"}]
    return {"messages": [{"role": "user", "content": content}, {"role": "assistant", "content": "A"}]}


def test_parts_name_their_image_by_path_or_address(tmp_path: Path) -> None:
    files = {"d.jsonl": [_parts({"path": "a.jpg"}), _parts({"url": "https://x.org/b.jpg"}), _parts({"image": "c.jpg"})]}
    expected = [expect(name, "Q? | A") for name in ("a.jpg", "https://x.org/b.jpg", "c.jpg")]

    check(tmp_path, files, expected, [], "Chat messages (OpenAI, LLaMA-Factory, TRL, ms-swift)")


def test_images_in_the_text_of_qwen_vl(tmp_path: Path) -> None:
    asked = "Picture 1: <img>s/a.jpeg</img>\nPicture 2: <img>s/b.jpeg</img>\nWhat differs?"
    turns = [("user", asked), ("assistant", "All."), ("user", "Where?"), ("assistant", "<box>(5,9),(7,8)</box>")]
    row = {"id": "0", "conversations": [{"from": role, "value": text} for role, text in turns]}
    expected = expect("s/a.jpeg s/b.jpeg", "What differs? | All.", "Where? | <box>(5,9),(7,8)</box>")

    check(tmp_path, {"d.json": [row]}, [expected], [], "LLaVA, ShareGPT")


def test_html_in_a_text_names_no_image(tmp_path: Path) -> None:
    asked = {"from": "human", "value": "What does <img>x.png</img> mean?"}
    row = {"image": "a.jpg", "conversations": [asked, {"from": "gpt", "value": "A"}]}

    check(tmp_path, {"d.json": [row]}, [expect("a.jpg", f"{asked['value']} | A")], [], "LLaVA, ShareGPT")


def test_only_one_control_of_label_studio_answers_the_question(tmp_path: Path) -> None:
    results = [
        {"from_name": "kind", "type": "choices", "value": {"choices": ["count"]}},
        {"from_name": "answer", "type": "textarea", "value": {"text": ["Five"]}},
    ]
    task = {"data": {"image": "a.jpg", "question": "How many?"}, "annotations": [{"result": results}]}
    expected = [expect("a.jpg", "kind | count"), expect("a.jpg", "How many? | Five")]

    check(tmp_path, {"d.json": [task]}, expected, [], "Label Studio")


def test_cells_of_label_studio_hold_json(tmp_path: Path) -> None:
    box = [{"x": 10, "y": 20, "width": 30, "height": 40, "rectanglelabels": ["Apple"]}]
    cells = [json.dumps(value).replace('"', '""') for value in (box, {"choices": ["red", "green"]})]
    lines = [f'/data/upload/2/0a1b2c3d-a.jpg,1,"{cell}",1,5,1.5' for cell in cells]
    text = "\n".join(["image,id,label,annotator,annotation_id,lead_time", *lines])
    expected = [
        expect(
            "a.jpg",
            Turn("Which objects are in this image?", '["Apple"]', "label"),
            boxes=(ImportedBox("Apple", (0.1, 0.2, 0.4, 0.6), "relative"),),
        ),
        expect("a.jpg", Turn("label", '["red", "green"]', "label")),
    ]

    check(tmp_path, {"d.csv": text}, expected, [], "Label Studio")
