"""Requests and responses of Gemini: contents with parts, which are texts and images."""

from typing import Any

import pytest

from core.importing.answers import RowError
from core.importing.readers.gemini import READER, _candidates, _parts
from tests.core.importing.readers.files import KnownFiles

TEXT = {"type": "text", "text": "A"}


@pytest.mark.parametrize(
    ("response", "contents"),
    [
        ({"candidates": [{"content": {"parts": []}}, {"content": {"parts": [1]}}]}, [{"role": "model", "parts": []}]),
        ({"candidates": [{"content": {"role": "x", "parts": []}}]}, [{"role": "x", "parts": []}]),
        ({"candidates": []}, []),
        ({"candidates": {"content": {}}}, []),
        ({"candidates": ["x"]}, []),
        ({"candidates": [{}]}, []),
        ({}, []),
        ("x", []),
    ],
)
def test_the_answer_of_a_batch_is_the_first_candidate(response: Any, contents: list[Any]) -> None:
    assert _candidates({"response": response}) == contents


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        ("A", [TEXT]),
        ({"parts": ["A", {"text": "A"}, 7]}, [TEXT, TEXT]),
        ({"parts": {"text": "A"}}, [TEXT]),
        ({"parts": {"text": ""}}, [{"type": "text", "text": ""}]),
        (None, []),
        ({"parts": [{"inlineData": {"mimeType": "image/png", "data": "QQ=="}}]},
         [{"type": "image", "base64": "data:image/png;base64,QQ=="}]),
        ({"parts": [{"inline_data": {"data": "QQ=="}}]},
         [{"type": "image", "base64": "data:image/jpeg;base64,QQ=="}]),
        ({"parts": [{"fileData": {"fileUri": "gs://b/a.jpg"}}]}, [{"type": "image", "url": "gs://b/a.jpg"}]),
        ({"parts": [{"file_data": {"file_uri": "a.jpg", "mime_type": "image/jpeg"}}]},
         [{"type": "image", "url": "a.jpg"}]),
    ],
)  # fmt: skip
def test_parts_are_texts_and_images(content: Any, parts: list[Any]) -> None:
    assert _parts(content) == parts


@pytest.mark.parametrize(
    ("part", "what"),
    [
        ({"fileData": {"fileUri": "a.mp4", "mimeType": "video/mp4"}}, "video/mp4"),
        ({"inlineData": "x", "other": 1}, "inlineData, other"),
        ({"functionCall": {}}, "functionCall"),
        ({"x" * 70: 1}, "x" * 60),
    ],
)
def test_a_part_of_another_kind_is_named(part: dict[str, Any], what: str) -> None:
    with pytest.raises(RowError) as raised:
        _parts({"parts": [part]})
    assert str(raised.value) == f"This row has a part that is no text and no image: {what}."


def test_the_system_text_and_the_roles_are_kept() -> None:
    image = {"fileData": {"fileUri": "a.jpg"}}
    row = {
        "request": {
            "contents": [{"parts": [image, {"text": "Q?"}]}],
            "system_instruction": {"parts": [{"text": "S"}]},
        },
        "response": {"candidates": [{"content": {"parts": [{"text": "A"}]}}]},
    }
    [record] = READER.read_row(row, "row 1", KnownFiles("a.jpg"))

    assert (record.system, record.images) == ("S", ("a.jpg",))
    assert [(turn.question, turn.answer) for turn in record.turns] == [("Q?", "A")]
