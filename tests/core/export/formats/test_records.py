"""The rows of formats with one row per entry or question, written out."""

from typing import Any

from core.export.formats.vqa_v2 import answer_type, integer_id, normalized_answer
from tests.core.export.formats.sample import DATA, IMAGE, REF, SCORED, entry, rows

METADATA = {
    "kind": "count", "language": "en", "model": "openai/gpt-4o", "confirmed": True, "score": 3.0,
    "tags": "cups, shelf", "note": "Check the third.", "create_at": "2026-01-02T00:00:00+00:00",
    "update_at": "2026-01-03T00:00:00+00:00",
}  # fmt: skip
TEXTS = {
    "id": "entry-1",
    "image_id": "image-1",
    "question": "How many cups?",
    "answer": "Three.",
    "answer_type": "text",
}


def test_default_has_metadata_in_a_dict() -> None:
    row = TEXTS | {"image_name": "shelf.jpg", "image": REF}

    assert rows("default", SCORED) == [row | {"metadata": METADATA}]
    assert rows("default", SCORED, metadata=False) == [row]


def test_csv_has_metadata_in_columns() -> None:
    row = TEXTS | {"image_name": "shelf.jpg", "image": REF}

    assert rows("csv", SCORED) == [row | METADATA]
    assert list(rows("csv", SCORED, metadata=False)[0]) == [
        "id", "image_id", "image_name", "image", "question", "answer", "answer_type",
    ]  # fmt: skip


def test_imagefolder_names_the_file_instead_of_an_image() -> None:
    assert rows("imagefolder", SCORED) == [TEXTS | {"file_name": REF} | METADATA]


def test_parquet_has_tags_as_a_list_and_no_times() -> None:
    metadata: dict[str, Any] = METADATA | {"tags": ["cups", "shelf"]}
    del metadata["create_at"], metadata["update_at"]

    assert rows("parquet", SCORED) == [TEXTS | {"image": {"bytes": DATA, "path": REF}} | metadata]


def test_vqa_rows_have_six_fields_and_the_ids_of_their_entries() -> None:
    row = {key: value for key, value in TEXTS.items() if key != "id"} | {"image": REF}

    assert rows("vqa", SCORED, SCORED._replace(id="entry-2", answer="Two.")) == [
        row | {"question_id": "entry-1"},
        row | {"question_id": "entry-2", "answer": "Two."},
    ]


def test_vitrine_has_every_column() -> None:
    more = {"options": ["one"], "flagged": True, "history": [], "call": None}
    image = IMAGE._asdict() | {"file": REF}
    del image["path"]

    [row] = rows("vitrine", SCORED._replace(generated_answer="Four.", more=more))

    assert row == {key: value for key, value in TEXTS.items() if key != "image_id"} | METADATA | {
        "schema_version": 1, "question_id": "q-1", "generated_answer": "Four.", "generated_question": None,
        "rejected": False, "version": 1, "split": "train", "image": image, "further_images": [],
        "conversation_id": None, "turn": 0, "system": "", "boxes": None, "ratings": None, "origin": "", **more,
    }  # fmt: skip


def test_sidecar_joins_all_answers_to_one_line() -> None:
    labels = entry(2, "Which colors?", '["red", "blue"]', answer_type="label")

    assert rows("sidecar", SCORED, labels, entry(3, "Lines?", "one\n two")) == [{"caption": "Three. red, blue one two"}]


def test_webdataset_has_score_and_model_with_metadata_only() -> None:
    pair = {"id": "entry-1", "question": "How many cups?", "answer": "Three.", "answer_type": "text"}

    assert rows("webdataset", SCORED) == [
        {"image_id": "image-1", "qa": [pair | {"kind": "count", "model": "openai/gpt-4o", "score": 3.0}]}
    ]
    assert rows("webdataset", SCORED, metadata=False) == [{"image_id": "image-1", "qa": [pair]}]


def test_coco_has_a_caption_per_answer() -> None:
    # The first 13 hexadecimal digits of their sha256.
    image_id, entry_id = 227897376023673, 1656782860947092

    assert (integer_id("image-1"), integer_id("entry-1")) == (image_id, entry_id)
    assert rows("coco-captions", SCORED) == [
        {
            "image": {"id": image_id, "file_name": "shelf-abababababab.jpg", "width": 640, "height": 480},
            "annotation": {"id": entry_id, "image_id": image_id, "caption": "Three."},
        }
    ]


def test_vqa_v2_has_the_answers_of_one_question_together() -> None:
    answers = [
        SCORED, SCORED._replace(id="entry-2", answer="a 3"), SCORED._replace(id="entry-3", answer="Four"),
    ]  # fmt: skip
    question_id, image_id = integer_id("entry-1"), integer_id("image-1")

    assert rows("vqa-v2", *answers) == [
        {
            "question": {"image_id": image_id, "question_id": question_id, "question": "How many cups?"},
            "annotation": {
                "question_id": question_id,
                "image_id": image_id,
                "question_type": "how many",
                "answer_type": "number",
                "multiple_choice_answer": "3",
                "answers": [
                    {"answer_id": 1, "answer": "3", "answer_confidence": "yes"},
                    {"answer_id": 2, "answer": "3", "answer_confidence": "yes"},
                    {"answer_id": 3, "answer": "4", "answer_confidence": "yes"},
                ],
            },
            "ids": {
                "question_id": question_id, "image_id": image_id, "entry_ids": ["entry-1", "entry-2", "entry-3"],
                "image": REF, "image_name": "shelf.jpg", "sha256": "ab" * 32,
            },
        }
    ]  # fmt: skip


def test_vqa_v2_answers_are_normalized_as_the_evaluator_does() -> None:
    assert [normalized_answer(text) for text in ("The Cup.", "Ten", "none", "A", " yes ")] == [
        "cup", "10", "0", "a", "yes",
    ]  # fmt: skip
    assert [answer_type(text) for text in ("yes", "3", "-1.5", "cup")] == ["yes/no", "number", "number", "other"]
