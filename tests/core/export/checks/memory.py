"""Bundles in memory, and what a checker says about their rows."""

import io
import json
from typing import Any

from core.export.checks.base import Checker, CheckResult, Expected
from core.export.layout import BundleLayout


class Files:
    """A bundle of the given files."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self._files = files
        self.sizes = {name: len(data) for name, data in files.items()}

    def open(self, name: str) -> io.BytesIO:
        return io.BytesIO(self._files[name])


def as_lines(rows: list[Any]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def results(checker: type[Checker], files: dict[str, bytes], expected: Expected, **layout: Any) -> list[CheckResult]:
    made = checker(BundleLayout("rows", "jsonl", **layout), expected)
    made.examine(Files(files))
    return made.findings.results()


def problems(checker: type[Checker], *rows: Any, entries: int | None = None, **layout: Any) -> dict[str, list[str]]:
    """Return the examples of each check that fails for *rows*, which may name the image ``images/a.jpg``."""
    count = len(rows) if entries is None else entries
    files = {"rows.jsonl": as_lines(list(rows)), "images/a.jpg": b"", "images/b.jpg": b""}
    found = results(checker, files, Expected({"train": count}, {"train": len(rows)}, 1), **layout)
    return {result.name: list(result.examples) for result in found if not result.passed}
