"""Rows of CSV and TSV files."""

import io

import pytest

from core.importing import delimited
from core.importing.delimited import DelimitedError, delimited_runs
from core.importing.runs import BadRow, rows_in


def _rows(text: str | bytes, *, is_tab: bool = False) -> list[tuple[int, int, object]]:
    data = text.encode() if isinstance(text, str) else text
    return [
        (number, line, row.reason if isinstance(row, BadRow) else row)
        for number, line, row in rows_in(delimited_runs(io.BytesIO(data), is_tab=is_tab))
    ]


@pytest.mark.parametrize(
    ("text", "is_tab"),
    [
        ("a,b\n1,2\n", False), ("a;b\n1;2\n", False), ("a|b\n1|2\n", False), ("a\tb\n1\t2\n", False),
        ("a\tb\n1\t2\n", True), ("sep=;\r\na;b\r\n1;2\r\n", False), ('"sep=|"\na|b\n1|2\n', False),
        ("\ufeffa,b\n1,2\n", False), (" a , b \n1,2\n", False),
    ],
)  # fmt: skip
def test_the_delimiter_is_the_one_that_divides_the_lines_evenly(text: str, is_tab: bool) -> None:
    assert [row for _, _, row in _rows(text, is_tab=is_tab)] == [{"a": "1", "b": "2"}]


def test_utf_16_is_read_by_its_byte_order_mark() -> None:
    assert _rows("a,b\né,2\n".encode("utf-16")) == [(1, 2, {"a": "é", "b": "2"})]


def test_rows_are_numbered_by_row_and_line() -> None:
    assert _rows('a,b\n1,"x\ny"\n\n3\n4,5,6\n7,8\n') == [
        (1, 2, {"a": "1", "b": "x\ny"}),
        (2, 5, {"a": "3", "b": ""}),
        (3, 6, "This line has 3 cells, but there are 2 columns. Quote cells with the delimiter."),
        (4, 7, {"a": "7", "b": "8"}),
    ]
    assert _rows("sep=,\na,b\n1,2\n")[0][1] == 3


def test_the_guard_of_own_tables_is_taken_off_and_other_apostrophes_stay() -> None:
    own = _rows("image_id,image_name,answer_type,answer\n'=1,'a,text,'-2\n")[0][2]
    exact = _rows("image_id,image_name,answer_type\n'=1,'@a,text\n")[0][2]
    other = _rows("image_id,answer\n'=1,'-2\n")[0][2]

    assert own == {"image_id": "=1", "image_name": "'a", "answer_type": "text", "answer": "-2"}
    assert exact == {"image_id": "=1", "image_name": "@a", "answer_type": "text"}
    assert other == {"image_id": "'=1", "answer": "'-2"}


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", r"The first line has no names of columns\. Add them\."),
        (b" , \n1,2\n", "has no names of columns"),
        (b"a,\xff\n1,2\n", r"It is not UTF-8 text\. Save it as UTF-8\."),
        (b"a,b\n" + b"1,2\n" * 40_000 + b"\xff,2\n", r"After line [\d,]+ it is not UTF-8 text"),
    ],
)
def test_a_file_that_is_no_table_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(DelimitedError, match=reason):
        _rows(data)


def test_a_table_has_at_most_as_many_columns_as_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "_MAX_COLUMNS", 2)

    assert _rows("a,b\n1,2\n") == [(1, 2, {"a": "1", "b": "2"})]
    with pytest.raises(DelimitedError, match=r"It has 3 columns; 2 is the limit\."):
        _rows("a,b,c\n1,2,3\n")
