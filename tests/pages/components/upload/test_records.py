"""The first records of an import, as they are drawn."""

from typing import Any

from core.importing.previewing import PreviewImage, PreviewRecord
from core.importing.records import Turn
from pages.components.upload import records
from tests.pages.components.recording import RecordedComponents


def _drawn(components: RecordedComponents, record: PreviewRecord) -> dict[str, Any]:
    records.show([record], key="r")
    data = components.data["vitrine_records"]
    assert data["label"] == "First records"
    (drawn,) = data["records"]
    return dict(drawn)


def test_a_record_has_its_images_and_turns(components: RecordedComponents) -> None:
    images = (
        PreviewImage("a.png", image_id="i", sha256="ab"),
        PreviewImage("b.png", thumbnail=b"jpeg"),
        PreviewImage("c.png", note="not found"),
    )
    turns = (Turn("Which?", "Red."), Turn("Colors?", '["red"]', answer_type="label"))

    drawn = _drawn(components, PreviewRecord("row 1", images, turns, "Be brief."))

    assert (drawn["where"], drawn["system"]) == ("row 1", "Be brief.")
    assert [(image["name"], image["note"]) for image in drawn["images"]] == [
        ("a.png", ""), ("b.png", ""), ("c.png", "not found"),
    ]  # fmt: skip
    urls = [image["url"] for image in drawn["images"]]
    assert urls[0] is not None
    assert "/i/" in urls[0] or urls[0].endswith("i") or "i" in urls[0]
    assert urls[1:] == ["data:image/jpeg;base64,anBlZw==", None]
    assert drawn["turns"] == [
        {"question": "Which?", "answer": "Red.", "labels": None},
        {"question": "Colors?", "answer": '["red"]', "labels": ["red"]},
    ]
    assert (drawn["more_images"], drawn["more_turns"]) == (0, 0)


def test_what_exceeds_three_images_and_six_turns_is_counted(components: RecordedComponents) -> None:
    drawn = _drawn(components, PreviewRecord("row 1", (PreviewImage("a"),) * 5, (Turn("Q", "A"),) * 8))

    assert (len(drawn["images"]), drawn["more_images"]) == (3, 2)
    assert (len(drawn["turns"]), drawn["more_turns"]) == (6, 2)


def test_a_text_is_cut_behind_600_characters() -> None:
    assert records._short("x" * 600) == "x" * 600
    assert records._short("x" * 1601) == "x" * 600 + "… (1,601 characters)"
