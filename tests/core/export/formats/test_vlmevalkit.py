"""The rows of VLMEvalKit, written out, and its table as ``pandas`` reads it."""

import base64
import json
import zipfile
from io import BytesIO
from typing import Any

import pandas
import pytest

from core.export import parse_recipe
from core.export.entries import FurtherImage, ImageGroup, RowOptions
from core.export.formats import format_named
from tests.core.export.formats.sample import DATA, IMAGE, REF, SCORED, entry, rows
from tests.core.export.hostile import HostileProject

ENCODED = base64.b64encode(DATA).decode()
PNG = "images/shelf-abababababab.png"


def test_a_second_question_refers_to_the_image_of_the_first() -> None:
    first, second = rows("vlmevalkit")

    assert first == {
        "index": first["index"], "question": "How many cups?", "answer": "Three.", "checker": "number",
        "arguments": '{"tolerance": 0.0}', "id": "entry-1", "image_path": PNG, "image": ENCODED,
    }  # fmt: skip
    assert second["image"] == str(first["index"])
    assert (second["checker"], second["answer"]) == ("set", "red, blue")


def test_several_images_are_a_list() -> None:
    further = (FurtherImage(IMAGE._replace(id="image-2"), "images/second.jpg", b"second"),)
    pair = SCORED._replace(more_image_ids="image-2")
    group = ImageGroup(IMAGE, (pair,), ref=REF, data=DATA, further=further)

    [row] = format_named("vlmevalkit").rows(group, RowOptions())

    assert json.loads(row["image"]) == [ENCODED, base64.b64encode(b"second").decode()]
    assert json.loads(row["image_path"]) == [PNG, "images/second.png"]


@pytest.mark.parametrize("text", ["NA", "null", "None", "nan"])
def test_what_pandas_reads_as_missing_is_left_out(text: str) -> None:
    assert rows("vlmevalkit", entry(1, "What does it say?", text)) == []
    assert pandas.read_csv(BytesIO(f"a\tb\n1\t{text}\n".encode()), sep="\t").isna().any(axis=None)


def test_the_note_on_numbers_is_true() -> None:
    table = pandas.read_csv(BytesIO(b"answer\n007\n3.5\n"), sep="\t")
    assert [str(answer) for answer in table["answer"]] == ["7.0", "3.5"]
    assert any("reads 007 as 7 and, beside 3.5, 7 as 7.0" in hint for hint in format_named("vlmevalkit").hints)


def test_a_text_of_nothing_but_nul_is_left_out_like_a_missing_one() -> None:
    assert rows("vlmevalkit", entry(1, "What does it say?", "\0")) == []
    assert rows("vlmevalkit", entry(1, "What\0?", "A."))[0]["question"] == "What?"


def test_every_row_comes_back_from_pandas(hostile: HostileProject) -> None:
    made = hostile.exports.export(hostile.project_id, parse_recipe({"format": "vlmevalkit"}))
    with zipfile.ZipFile(hostile.db.data_dir / made.path) as bundle:
        table = pandas.read_csv(BytesIO(bundle.read("vlmevalkit.tsv")), sep="\t")

    found: list[dict[str, Any]] = table.to_dict("records")
    assert len(found) == made.report["rows"] > 40
    assert not table[["index", "question", "answer", "image"]].isna().any(axis=None)
    texts = {row["question"]: row["answer"] for row in found}
    assert texts["Lines?"] == "one\ntwo\r\nthree\u2028four"
    assert texts["Quotes \"'?"] == "a \"b\" 'c', d\\e"
    images = {str(row["index"]): row["image"] for row in found}
    assert all(len(image) > 64 or len(images[image]) > 64 for image in images.values())
    assert made.report["left_out"]["VLMEvalKit reads its question or answer as a missing value"] == 2
