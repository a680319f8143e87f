"""What a shape of annotations becomes: the files, and the records that are expected of them."""

import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from core.importing.reading import load_records, read_annotations
from core.importing.records import ImportedBox, Record, Turn

Files = dict[str, Any]


class Expected(NamedTuple):
    """A record without its place."""

    images: tuple[str, ...]
    turns: tuple[Turn, ...]
    system: str = ""
    language: str = ""
    kind: str = ""
    model: str = ""
    confirmed: bool = False
    score: float = 0.0
    tags: tuple[str, ...] = ()
    note: str = ""
    boxes: tuple[ImportedBox, ...] = ()
    rejected: bool = False


def expect(images: str, *turns: str | Turn, **fields: Any) -> Expected:
    """Return what is expected: names of images with spaces between them, and turns as ``question | answer``."""
    made = tuple(turn if isinstance(turn, Turn) else _turn(turn) for turn in turns)
    return Expected(tuple(images.split()), made, **fields)


def _turn(written: str) -> Turn:
    question, _, answer = written.partition(" | ")
    return Turn(question, answer)


def shape(id_: str, files: Files, *expected: Expected, problems: tuple[str, ...] = ()) -> Any:
    """Return a row of a table of shapes.

    Args:
        files: by name; lists and objects are written as JSON, in lines where the name ends so.
        problems: the reasons for what is left out.
    """
    return pytest.param(files, list(expected), list(problems), id=id_)


def check(tmp_path: Path, files: Files, expected: list[Expected], problems: list[str], *readers: str) -> None:
    root = tmp_path / "in"
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(written(name, content))
    summary = read_annotations(root, tmp_path / "spool")
    records = [record for offset, size, _ in summary.parts for record in load_records(tmp_path / "spool", offset, size)]
    assert [Expected(*without_place(record)) for record in records] == expected
    assert [problem.reason for problem in summary.problems] == problems
    assert set(summary.formats.values()) <= {*readers}


def without_place(record: Record) -> tuple[Any, ...]:
    return tuple(record)[1:]


def written(name: str, content: Any) -> bytes:
    if isinstance(content, bytes):
        return content
    if isinstance(content, str):
        return content.encode()
    if name.endswith(".jsonl"):
        return "\n".join(json.dumps(row) for row in content).encode()
    return json.dumps(content).encode()
