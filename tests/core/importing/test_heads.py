"""The beginning of an annotation file says how its rows are written."""

import json
from io import BytesIO
from typing import Any

import pytest

from core.importing.heads import MAX_KEYS, SAMPLE_ROWS, _sample, head_of
from core.importing.json_text import JsonText
from core.importing.readers.base import Head


def head(value: Any, name: str = "a.json") -> Head:
    return head_of(name, BytesIO(value if isinstance(value, bytes) else json.dumps(value).encode()))


def rows(count: int) -> list[dict[str, int]]:
    return [{"n": number} for number in range(count)]


@pytest.mark.parametrize(
    ("value", "shape"),
    [
        (rows(2), "rows"),
        ({"images": rows(1), "annotations": rows(1)}, "object"),
        ({"info": {}, "images": rows(1)}, "object"),
        ({"question": ["Q?", "R?"], "answer": ["A", "B"]}, "columns"),
        ({"question": ["Q?", "R?"], "answer": ["A"]}, "single"),
        ({"question": ["Q?"]}, "single"),
        ({"question": ["Q?"], "answer": ["A"], "source": "x"}, "single"),
        ({"question": {"0": "Q?", "1": "R?"}, "answer": {"0": "A", "1": "B"}}, "columns"),
        ({"question": {"0": "Q?", "1": "R?"}, "answer": {"0": "A"}}, "map"),
        ({"x": {"a": "Q?"}, "y": {"a": "R?"}}, "map"),
        ({"x": {"0": "Q?"}}, "map"),
        ({"a.jpg": "A", "b.jpg": ["B"]}, "map"),
        ({"a.jpg": ["A"], "b.jpg": ["B"]}, "map"),
        ({"a.jpg": "A", "b": "B"}, "single"),
        ({"imagePath": "a.jpg", "shapes": []}, "single"),
    ],
)
def test_the_shape_of_a_file_is_read_from_its_beginning(value: Any, shape: str) -> None:
    assert head(value).shape == shape


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b"", "It is empty."),
        (b"x", "It is no JSON."),
        (b"\xff\xfe[", "It is not UTF-8 text. Save it as UTF-8."),
        ([1, 2], "It has no rows with names and values."),
    ],
)
def test_a_file_without_rows_says_why(value: Any, reason: str) -> None:
    found = head(value)
    assert (found.shape, found.reason) == ("", reason)


@pytest.mark.parametrize(
    ("elements", "count"),
    [(rows(19), 19), (rows(20), 20), (rows(21), None), ([1] * 21, 21), ([], 0), ([1] * 20 + rows(5), 25)],
)
def test_of_a_list_the_first_20_elements_are_kept_and_counted_while_they_are_few(
    elements: list[Any], count: int | None
) -> None:
    assert _sample(JsonText(BytesIO(json.dumps(elements).encode()))) == (tuple(elements[:SAMPLE_ROWS]), count)


@pytest.mark.parametrize(("count", "keys"), [(20, ["first", "second"]), (21, ["first"])])
def test_what_follows_a_long_list_is_not_looked_at(count: int, keys: list[str]) -> None:
    assert [*head({"first": rows(count), "second": rows(1)}).lists] == keys


@pytest.mark.parametrize(("count", "kept"), [(19, 19), (20, 20), (25, 20)])
def test_the_first_20_rows_are_kept(count: int, kept: int) -> None:
    assert len(head(rows(count)).rows) == kept
    assert len(head({f"{n}.jpg": {"a": n} for n in range(count)}).keys) == kept
    assert len(head({"a": [*range(count)], "b": [*range(count)]}).rows) == kept


def test_rows_are_looked_for_among_the_first_100_elements_and_200_keys() -> None:
    assert head([1] * 99 + rows(1)).rows == ({"n": 0},)
    assert head([1] * 100 + rows(1)).rows == ()
    assert len(head({f"{n}": n for n in range(MAX_KEYS + 1)}).rows[0]) == MAX_KEYS
