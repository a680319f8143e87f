"""Rows are read back as strictly as their consumers read them."""

import io
import json

import pytest

from core.export.checks import reading
from core.export.checks.base import VALID_FILES, Findings
from core.export.checks.reading import read_rows


class _Files:
    """A bundle in memory."""

    def __init__(self, **files: bytes) -> None:
        self._files = {name.replace("_", "."): data for name, data in files.items()}
        self.sizes = {name: len(data) for name, data in self._files.items()}

    def open(self, name: str) -> io.BytesIO:
        return io.BytesIO(self._files[name])


def _read(data: bytes, name: str = "rows_json") -> tuple[list[object], list[str]]:
    """Return the rows of a file and the problems found."""
    findings = Findings()
    rows = list(read_rows(_Files(**{name: data}), name.replace("_", "."), findings))
    return rows, findings.examples.get(VALID_FILES, [])


@pytest.mark.parametrize("chunk_bytes", [1, 2, 3, 7, 1 << 18])
@pytest.mark.parametrize("indent", [None, 2])
def test_an_array_is_read_whatever_its_layout_and_wherever_a_chunk_ends(
    chunk_bytes: int, indent: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "_CHUNK_BYTES", chunk_bytes)
    rows = [{"id": "ü\\u00e4", "turns": [1, 2.5, None, {"a": "[,]"}]}, 123456, "text", [], {}]

    assert _read(json.dumps(rows, indent=indent, ensure_ascii=False).encode()) == (rows, [])
    assert _read(b" [ ] ") == ([], [])


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b'{"id": 1}', "does not start as an array"),
        (b'[{"id": 1}', "the array does not end"),
        (b'[{"id": 1} {"id": 2}]', "the array does not end"),
        (b'[{"id": 1}] {"id": 2}', "text after the array"),
        (b'[{"id": NaN}]', "NaN is not valid JSON"),
        (b'[{"id": "\xff"}]', "can't decode byte"),
    ],
)
def test_a_damaged_array_is_a_problem(data: bytes, problem: str) -> None:
    _, problems = _read(data)

    assert len(problems) == 1
    assert problem in problems[0]


def test_lines_must_end() -> None:
    assert _read(b'{"id": 1}\n{"id": 2}\n', "rows_jsonl") == ([{"id": 1}, {"id": 2}], [])
    assert _read(b'{"id": 1}\n{"id": 2}', "rows_jsonl") == ([{"id": 1}], ["rows.jsonl: the last line does not end"])
