"""Captions of many images in one text: lines of a name and a caption, or a table with names of columns."""

import io

import pytest

from core.importing.caption_lines import caption_runs
from core.importing.delimited import DelimitedError
from core.importing.runs import BadRow, rows_in


def _read(text: str) -> list[tuple[int, object]]:
    rows = rows_in(caption_runs(io.BytesIO(text.encode())))
    return [(line, row.reason if isinstance(row, BadRow) else row) for _, line, row in rows]


A = {"file_name": "a.jpg", "caption": "A cat"}


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("a.jpg#0\tA cat\n", [(1, A)]),
        ("a.jpg,A cat\n\n a.JPEG | A dog \n", [(1, A), (3, {"file_name": "a.JPEG", "caption": "A dog"})]),
        ("a.jpg\tA cat\nno image\n", [(1, A), (2, "This line has no name of an image with a caption behind it.")]),
        ("image,caption\na.jpg,A cat\n", [(2, {"image": "a.jpg", "caption": "A cat"})]),
        ("image;question;response\na.jpg;Q?;A\n", [(2, {"image": "a.jpg", "question": "Q?", "response": "A"})]),
    ],
)
def test_lines_and_tables_of_captions_are_read(text: str, rows: list[tuple[int, object]]) -> None:
    assert _read(text) == rows


@pytest.mark.parametrize(
    "text",
    [
        "", "image\na.jpg\n", "caption\nA cat\n", "image,question\na.jpg,Q?\n", "image,response\na.jpg,A\n",
        "question,answer\nQ?,A\n", "some text\n",
    ],
)  # fmt: skip
def test_another_text_is_none_of_captions(text: str) -> None:
    with pytest.raises(DelimitedError, match="Its lines are no captions of images"):
        _read(text)


def test_bytes_that_are_not_utf_8_end_the_reading_behind_the_lines_before() -> None:
    runs = caption_runs(io.BytesIO(b"a.jpg\tA cat\nb.jpg\tA \xff\n"))

    with pytest.raises(DelimitedError, match="It is not UTF-8 text"):
        list(runs)
