"""JSON of any size is read in windows, and gives what the standard library gives."""

import io
import json
import tracemalloc
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.importing import json_text
from core.importing.json_rows import json_rows
from core.importing.json_text import JsonSyntaxError, JsonText
from core.importing.runs import BadRow

# Brackets, quotes and commas inside of texts are what may fool the search for the end of a row.
TEXTS = st.text(alphabet='{}[],:"\\ \néa<', max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)
ROWS = st.lists(st.dictionaries(st.sampled_from(["id", "image", "text"]), VALUES, max_size=3), max_size=30)
LAYOUTS = st.sampled_from([{}, {"indent": 2}, {"separators": (",", ":")}, {"ensure_ascii": False, "indent": 1}])


def elements(data: bytes) -> list[Any]:
    return [value for _, _, value in JsonText(io.BytesIO(data)).elements()]


@pytest.mark.parametrize("window", [64, 1 << 20])
@given(rows=ROWS | st.lists(VALUES, max_size=20), layout=LAYOUTS)
def test_the_elements_of_an_array_are_those_of_the_standard_library(
    window: int, rows: list[Any], layout: dict[str, Any]
) -> None:
    data = json.dumps(rows, **layout).encode()
    before = json_text.WINDOW_BYTES
    json_text.WINDOW_BYTES = window
    try:
        assert elements(data) == rows
    finally:
        json_text.WINDOW_BYTES = before


def test_a_number_that_a_window_cuts_is_read_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_text, "WINDOW_BYTES", 64)
    for width in range(40):
        rows = ["x" * width, -0.5, 1e300, 12.25, 1e-7]
        assert elements(json.dumps(rows).encode()) == rows


@given(rows=ROWS, layout=LAYOUTS)
def test_the_lines_of_rows_are_where_they_begin(rows: list[Any], layout: dict[str, Any]) -> None:
    data = json.dumps([{"id": 1, **row} for row in rows], **layout).encode()
    found = list(JsonText(io.BytesIO(data)).elements())

    written = data.split(b"\n")
    assert [number for number, _, _ in found] == list(range(1, len(rows) + 1))
    assert all(written[line - 1].strip(b" ,[").startswith(b"{") for _, line, _ in found if line)


@given(document=st.dictionaries(TEXTS, VALUES, max_size=6), layout=LAYOUTS)
def test_the_members_of_an_object_are_walked_one_by_one(document: dict[str, Any], layout: dict[str, Any]) -> None:
    text = JsonText(io.BytesIO(json.dumps(document, **layout).encode()))
    found = {}
    for index, (key, first) in enumerate(text.members()):
        if index % 3 == 2:
            text.skip()
        elif first == b"[":
            found[key] = [value for _, _, value in text.elements()]
        else:
            found[key] = text.value()

    kept = [key for index, key in enumerate(document) if index % 3 != 2]
    assert found == {key: document[key] for key in kept}
    assert text.peek() == b""


@given(rows=st.lists(st.dictionaries(st.just("id"), VALUES, min_size=1), min_size=2, max_size=12), data=st.data())
def test_an_array_that_is_cut_gives_the_rows_before_the_cut(rows: list[Any], data: st.DataObject) -> None:
    whole = json.dumps(rows).encode()
    cut = data.draw(st.integers(1, len(whole) - 1))
    found = []
    with pytest.raises(JsonSyntaxError, match="cut off"):
        for _, _, value in JsonText(io.BytesIO(whole[:cut])).elements():
            found.append(value)

    assert found == rows[: len(found)]
    ends = [len(json.dumps(rows[:count])) - 1 for count in range(1, len(rows) + 1)]
    assert len(found) in (sum(end <= cut for end in ends), sum(end < cut for end in ends))


def test_a_row_that_is_no_json_costs_itself() -> None:
    data = b'[\n{"id": 1, "a": "x"},\n{"id": 2, "a": },\n{"id": 3, "a": "z"},\n{"id": 4, "a": "w"}\n]'

    found = list(JsonText(io.BytesIO(data)).elements())

    assert [number for number, _, _ in found] == [1, 2, 3, 4]
    assert [line for _, line, _ in found][2:] == [4, 5]
    assert isinstance(found[1][2], BadRow)
    assert found[3][2] == {"id": 4, "a": "w"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b'{"id": 1, "x": NaN}', None),
        (b'{"id": 1, "x": "\\ud83d"}', {"id": 1, "x": "\ud83d"}),
        (b'{"id": 1, "x": "\xff"}', {"id": 1, "x": "\udcff"}),
        (b'{"id": 1, "x": 123456789012345678901234567890}', None),
    ],
)
def test_what_only_the_standard_library_reads_is_read(text: bytes, value: Any) -> None:
    rows = elements(b"[%b, %b, %b]" % (text, text, text))

    assert len(rows) == 3
    assert all(row["id"] == 1 for row in rows)
    assert value is None or rows[0] == value


def test_numbers_of_thousands_of_digits_and_deep_nesting_cost_their_line() -> None:
    lines = [b'{"id": 1}', b'{"id": %b}' % (b"1" * 5000), b"[" * 5000, b'{"id": 2}']

    found = [value for _, _, value in json_rows(io.BytesIO(b"\n".join(lines)))]

    assert [value for value in found if not isinstance(value, BadRow)] == [{"id": 1}, {"id": 2}]
    assert len(found) == 4


def test_memory_does_not_grow_with_the_file() -> None:
    data = b"[" + b"[]," * 500_000 + b"[]]"
    stream = io.BytesIO(data)
    tracemalloc.start()
    count = sum(1 for _ in JsonText(stream).elements())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert count == 500_001
    assert peak < 60_000_000


def test_an_unbalanced_bracket_in_every_text_is_no_obstacle() -> None:
    rows = [{"id": n, "text": ":-} ]]] {{", "more": "}, {"} for n in range(20_000)]

    assert elements(json.dumps(rows).encode()) == rows


@settings(max_examples=30)
@given(rows=ROWS)
def test_a_list_inside_an_object_is_found(rows: list[Any]) -> None:
    text = JsonText(io.BytesIO(json.dumps({"info": {"a": [1]}, "rows": rows, "end": 1}).encode()))
    found: list[Any] = []
    for key, _ in text.members():
        if key == "rows":
            found += [value for _, _, value in text.elements()]
        else:
            text.skip()

    assert found == rows
