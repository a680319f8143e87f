"""Rows of one shape are read by column: the records, and what is left out, are those of reading row by row."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.importing.problems import Problems
from core.importing.readers import conversations, messages, rows
from core.importing.readers.base import Head, RowReader
from core.importing.records import Problem, Record, RecordColumns, records_in
from core.importing.row_blocks import ROWS_PER_BLOCK, RowBlock, blocks_of
from core.importing.runs import BadRow, Run
from core.importing.table_files import TableFiles

Column = st.SearchStrategy[list[Any]]
LENGTH = 4


def _column(usual: list[Any], odd: list[Any]) -> Column:
    """Return a column of usual values, or one with odd ones among them."""
    usual_only, any_value = st.sampled_from(usual), st.sampled_from([*usual, *odd])
    return st.one_of(*(st.lists(value, min_size=LENGTH, max_size=LENGTH) for value in (usual_only, any_value)))


NAMES = ["a.jpg", "shelf/b.png", "c d.webp"]
ODD_NAMES = ["", None, " a.jpg ", '["a.jpg", "b.jpg"]', ["a.jpg"], [], 5, "data:x", "x" * 300]
TEXTS = ["What is it?", "<image>\nWhat is it?", "Is it red? ", "Çay mı?", "first\nsecond\tthird", "x < y"]
ODD_TEXTS = ["", " ", None, 3, True, "a\0b", "a\r\nb", "\ud800", "[1]", ["red", "blue"], {"answer": "x"}, "y" * 20_001]
# Usual values, and odd ones.
FLAT: dict[str, tuple[list[Any], list[Any]]] = {
    "image": (NAMES, ODD_NAMES),
    "question": (TEXTS, ODD_TEXTS),
    "answer": (TEXTS, ODD_TEXTS),
    "answer_type": ([None, "", "text"], ["label", "custom_format", "odd", ["text"]]),
    "options": ([None], [["red", "blue"], '["red", "blue"]', {"type": "object"}]),
    "score": ([0, 4.5, True, None], [9, "odd", [1]]),
    "kind": (["color", "", None], [1, True, "k" * 61]),
    "tags": (["one,two", None], [["one"], [1], "t" * 61]),
    "confirmed": ([True, False, 1, "true"], [None, [1]]),
    "note": (["seen", "", None, "a\0b"], [5, ["x"], "n" * 20_001]),
    "metadata": ([None], [{"kind": "count"}, "text"]),
    "boxes": ([None], [[{"label": "cup", "xyxy": [1, 2, 3, 4]}]]),
    "caption": (TEXTS, ODD_TEXTS),
}
MAIN = ("image", "question", "answer")


@st.composite
def flat_rows(draw: st.DrawFn) -> list[dict[str, Any]]:
    kept = draw(st.sampled_from([MAIN, ("image",), ("question", "answer")]))
    others = draw(st.lists(st.sampled_from([name for name in FLAT if name not in MAIN]), max_size=4, unique=True))
    columns = {name: draw(_column(*FLAT[name])) for name in (*kept, *others)}
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


ROLES = {"from": ["human", "gpt"], "role": ["user", "assistant"]}


@st.composite
def chats(draw: st.DrawFn, name: str) -> list[dict[str, Any]]:
    """Draw rows of conversations that are usual, or odd in one respect."""
    odd = draw(st.sampled_from(["", "roles", "texts", "messages", "images", "rows"]))
    who, what = draw(st.sampled_from([("from", "value"), ("role", "content")]))
    roles = st.sampled_from([*ROLES["from"], *ROLES["role"], "system", 3])
    texts = st.sampled_from([*TEXTS, *ODD_TEXTS[:8]] if odd == "texts" else TEXTS)

    def conversation() -> Any:
        said = []
        for _ in range(draw(st.integers(1, 3))):
            said += [{who: draw(roles) if odd == "roles" else role, what: draw(texts)} for role in ROLES[who]]
        if odd == "messages":
            said[-1] |= draw(st.sampled_from([{}, {"loss_scale": 0.5}, {"from": "gpt"}, {"extra": 1}]))
        return said

    usual = _column(NAMES, []) | _column([["a.jpg"], ["a.jpg", "b.jpg"]], [])
    images = draw(_column(NAMES, ODD_NAMES) if odd == "images" else usual)
    found: list[dict[str, Any]] = [{"id": n, "image": image, name: conversation()} for n, image in enumerate(images)]
    if odd == "rows":
        changes = [{name: []}, {name: "text"}, {"system": "Be short."}, {"image": None}, {"label": False}]
        for row in found if draw(st.booleans()) else found[:1]:
            row |= draw(st.sampled_from(changes))
    return found


def read(reader: RowReader, found: list[Any]) -> tuple[list[Record], list[Problem]]:
    files = TableFiles(Path("nowhere"), 1000, Problems())
    files.heads = {"d.json": Head("d.json", "rows", tuple(row for row in found if isinstance(row, dict)))}
    files.source = ((f"d.json:{line}", row) for line, row in enumerate(found, 1))
    records = [record for some in reader.read("d.json", files) for record in records_in(some)]
    return records, files.problems.kept


def row_by_row(reader: RowReader, found: list[Any]) -> tuple[list[Record], list[Problem]]:
    return read(replace(reader, read_columns=lambda block: None), found)


def _odd_rows() -> Iterator[Any]:
    for name, (usual, odd) in FLAT.items():
        kept = ("image",) if name == "caption" else MAIN
        row = {one: FLAT[one][0][0] for one in kept} | {name: usual[0]}
        for value in [*usual, *odd]:
            yield pytest.param([row, row | {name: value}, row], id=f"{name} {str(value)[:20]!r}")
    lettered = {"image": "a.jpg", "question": "Which?", "answer": "B", "A": "red", "B": "blue"}
    yield pytest.param([lettered, lettered | {"answer": "A"}], id="options in columns of their own")


@pytest.mark.parametrize("found", list(_odd_rows()))
def test_a_row_with_any_value_is_read_by_column_as_row_by_row(found: list[dict[str, Any]]) -> None:
    assert read(rows.READER, found) == row_by_row(rows.READER, found)


ASKED, SAID = {"from": "human", "value": "What?"}, {"from": "gpt", "value": "A cup."}


@pytest.mark.parametrize(
    "changes",
    [
        {"conversations": [ASKED, SAID | {"loss_scale": 0.5}]},
        {"conversations": [ASKED, SAID, ASKED]},
        {"conversations": [SAID, ASKED]},
        {"conversations": [ASKED, {"role": "assistant", "content": "A cup."}]},
        {"conversations": [{"from": "system", "value": "Be short."}, ASKED, SAID, SAID]},
        {"conversations": [ASKED, SAID, ASKED, SAID | {"value": ""}]},
        {"conversations": [ASKED, SAID, ASKED | {"from": ["human"]}, SAID]},
        {"conversations": []},
        {"conversations": "text"},
        {"conversations": [ASKED, SAID] * 1_001},
        {"image": ["a.jpg", " b.jpg"]},
        {"image": ["a.jpg"] * 65},
        {"image": "data:x"},
        {"image": '["a.jpg"]'},
        {"image": []},
        {"system": "Be short."},
        {"label": False},
        {"score": 4},
    ],
)
def test_any_conversation_is_read_by_column_as_row_by_row(changes: dict[str, Any]) -> None:
    row = {"id": 1, "image": "a.jpg", "conversations": [ASKED, SAID]}
    for found in ([row, row | changes, row], [row | changes, row | changes]):
        assert read(conversations.READER, found) == row_by_row(conversations.READER, found)


@given(found=flat_rows())
def test_rows_of_questions_are_read_by_column_as_row_by_row(found: list[dict[str, Any]]) -> None:
    assert read(rows.READER, found) == row_by_row(rows.READER, found)


@given(found=chats("conversations"))
def test_conversations_are_read_by_column_as_row_by_row(found: list[dict[str, Any]]) -> None:
    assert read(conversations.READER, found) == row_by_row(conversations.READER, found)


@given(found=chats("messages"))
def test_messages_are_read_by_column_as_row_by_row(found: list[dict[str, Any]]) -> None:
    assert read(messages.READER, found) == row_by_row(messages.READER, found)


CHAT = [{"from": "human", "value": "<image>\nWhat?"}, {"from": "gpt", "value": "A cup."}]


@pytest.mark.parametrize(
    ("reader", "row"),
    [
        pytest.param(rows.READER, {"image": "a.jpg", "question": "What?", "answer": "A cup."}, id="question"),
        pytest.param(rows.READER, {"image": "a.jpg", "caption": "A cup."}, id="caption"),
        pytest.param(
            rows.READER,
            {
                "file_name": "a.jpg",
                "question": "What?",
                "answer": "A cup.",
                "score": 4.5,
                "tags": "one",
                "note": "seen",
            },
            id="fields",
        ),
        pytest.param(conversations.READER, {"image": "a.jpg", "conversations": CHAT}, id="conversation"),
        pytest.param(conversations.READER, {"image": "a.jpg", "conversations": [*CHAT, *CHAT]}, id="turns"),
        pytest.param(
            messages.READER,
            {
                "images": ["a.jpg", "b.jpg"],
                "messages": [{"role": "user", "content": "What?"}, {"role": "assistant", "content": "A cup."}],
            },
            id="messages",
        ),
    ],
)
def test_the_usual_rows_are_read_by_column(reader: RowReader, row: dict[str, Any]) -> None:
    found = reader.read_columns(RowBlock(["d.json:1", "d.json:2"], [row, row]))

    assert isinstance(found, RecordColumns)
    assert list(found.records()) == row_by_row(reader, [row, row])[0]


def test_an_odd_row_among_many_costs_itself() -> None:
    good = {"image": "a.jpg", "question": "What?", "answer": "A cup."}
    found: list[Any] = [dict(good) for _ in range(3 * ROWS_PER_BLOCK)]
    middle = ROWS_PER_BLOCK + 7
    found[middle] = good | {"answer": ""}
    found[middle + 1] = ["no", "object"]
    found[middle + 2] = BadRow("This row is not valid JSON. Correct it.")

    records, problems = read(rows.READER, found)

    assert len(records) == len(found) - 3
    assert records[middle].where == f"d.json:{middle + 4}"
    assert problems == [
        Problem(f"d.json:{middle + 1}", "There is no answer."),
        Problem(f"d.json:{middle + 2}", "This row is no object with names and values. Give every row the same shape."),
        Problem(f"d.json:{middle + 3}", "This row is not valid JSON. Correct it."),
    ]


@pytest.mark.parametrize(
    ("found", "names"),
    [
        ([{"a": 1, "b": 2}, {"a": 3, "b": 4}], ("a", "b")),
        ([{"a": 1, "b": 2}, {"b": 3, "a": 4}], ()),
        ([{"a": 1}, {"b": 2}], ()),
        ([{"a": 1}, ["a"]], ()),
    ],
)
def test_a_block_has_names_when_all_of_its_rows_have_them(found: list[Any], names: tuple[str, ...]) -> None:
    assert RowBlock(["x:1", "x:2"], found).names == names


def test_a_column_that_a_row_lacks_is_empty() -> None:
    block = RowBlock(["x:1", "x:2"], [{"a": 1, "b": None}, {"a": 2, "c": 3}])

    assert block.column("a") == [1, 2]
    assert block.column("b") == []


def _places(run: Run) -> list[str]:
    return [place for block in blocks_of(run, "d.json") for place in block.places]


def test_places_are_lines_where_they_are_known_and_numbers_of_rows_otherwise() -> None:
    many: Callable[[int], list[Any]] = lambda count: [{}] * count  # noqa: E731 - a column of rows

    assert _places(Run(1, (4, 9), many(2))) == ["d.json:4", "d.json:9"]
    assert _places(Run(8, (), many(2))) == ["d.json row 8", "d.json row 9"]
    assert _places(Run(1, (), many(600)))[-1] == "d.json row 600"
