"""Formats whose message contents are lists of parts, written out: messages with parts, Oumi; and TRL, KTO."""

from typing import Any

from core.export.entries import Entry, FurtherImage, ImageGroup, Row, RowOptions
from core.export.formats import format_named
from tests.core.export.formats.sample import DATA, IMAGE, REF, SCORED, UNSCORED, entry, rows

SECOND = "images/second.jpg"


def _text(text: str) -> Row:
    return {"type": "text", "text": text}


def _talk(name: str, *entries: Entry) -> list[Row]:
    """Return the rows of a conversation whose second turn brings a second image."""
    further = (FurtherImage(IMAGE._replace(id="image-2"), SECOND, b"second"),)
    first, *others = (one._replace(conversation_id="talk", turn=turn) for turn, one in enumerate(entries))
    later = [other._replace(more_image_ids="image-2") for other in others]
    group = ImageGroup(IMAGE, (first._replace(system="Be brief."), *later), ref=REF, data=DATA, further=further)
    return list(format_named(name).rows(group, RowOptions()))


def test_a_table_of_parts_has_a_place_for_each_image() -> None:
    image = {"type": "image", "text": None}
    assert rows("messages-parts") == [
        {
            "id": "image-1",
            "images": [{"bytes": DATA, "path": REF}],
            "messages": [
                {"role": "user", "content": [image, _text("How many cups?")]},
                {"role": "assistant", "content": [_text("Three.")]},
                {"role": "user", "content": [_text("Which colors?")]},
                {"role": "assistant", "content": [_text("red, blue")]},
            ],
        }
    ]
    [row] = _talk("messages-parts", SCORED, UNSCORED)
    assert [turn["content"] for turn in row["messages"]] == [
        [_text("Be brief.")], [image, _text("How many cups?")], [_text("Three.")], [image, _text("Which colors?")],
        [_text("red, blue")],
    ]  # fmt: skip
    assert [image["path"] for image in row["images"]] == [REF, SECOND]


def test_lines_of_parts_have_the_paths_of_the_images() -> None:
    [row] = _talk("messages-parts-lines", SCORED, UNSCORED)

    assert row == {
        "id": row["id"],
        "messages": [
            {"role": "system", "content": [_text("Be brief.")]},
            {"role": "user", "content": [{"type": "image", "image": REF}, _text("How many cups?")]},
            {"role": "assistant", "content": [_text("Three.")]},
            {"role": "user", "content": [{"type": "image", "image": SECOND}, _text("Which colors?")]},
            {"role": "assistant", "content": [_text("red, blue")]},
        ],
    }


def test_oumi_has_content_items() -> None:
    [row] = _talk("oumi", SCORED, UNSCORED)

    assert row == {
        "conversation_id": row["conversation_id"],
        "messages": [
            {"role": "system", "content": "Be brief."},
            {
                "role": "user",
                "content": [{"type": "image_path", "content": REF}, {"type": "text", "content": "How many cups?"}],
            },
            {"role": "assistant", "content": "Three."},
            {
                "role": "user",
                "content": [{"type": "image_path", "content": SECOND}, {"type": "text", "content": "Which colors?"}],
            },
            {"role": "assistant", "content": "red, blue"},
        ],
    }


def test_kto_labels_answers_and_keeps_accepted_turns_before_them() -> None:
    edited = entry(1, "How many cups?", "Three.", generated_answer="Four.")
    wrong = entry(2, "Which color?", "Red.", rejected=True, confirmed=False)
    last = entry(3, "And now?", "Blue.")

    found = _talk("trl-kto", edited, wrong, last)

    assert [(row["id"], row["completion"][0]["content"], row["label"]) for row in found] == [
        ("entry-1", "Three.", True), ("entry-1-edit", "Four.", False), ("entry-2", "Red.", False),
        ("entry-3", "Blue.", True),
    ]  # fmt: skip
    assert found[3]["prompt"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "How many cups?"},
        {"role": "assistant", "content": "Three."},
        {"role": "user", "content": "And now?"},
    ]
    counts: list[Any] = [len(row["images"]) for row in found]
    assert counts == [1, 1, 2, 2]
