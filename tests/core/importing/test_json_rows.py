"""Rows of JSON Lines: their numbers and lines."""

from io import BytesIO

import pytest

from core.importing import json_rows
from core.importing.runs import BadRow


def test_rows_are_numbered_and_lines_counted_behind_a_line_that_is_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_rows, "WINDOW_BYTES", 8)
    monkeypatch.setattr(json_rows, "MAX_ROW_BYTES", 20)
    data = b'{"a":1}\n\n{"a":2}\n"' + b"x" * 60 + b'"\n{"a":3}\n{"a":\n{"a":4}'

    found = [
        (number, line, "bad" if isinstance(row, BadRow) else row["a"])
        for number, line, row in json_rows.json_rows(BytesIO(data))
    ]

    assert found == [(1, 1, 1), (2, 3, 2), (3, 4, "bad"), (4, 5, 3), (5, 6, "bad"), (6, 7, 4)]
