"""The progress of an export is reported every 500 entries."""

from types import SimpleNamespace
from typing import Any

import pytest

from core.export import parse_recipe
from core.export.job import ExportJob
from core.export.throttled_progress import ThrottledProgress


def snapshot(entries: int) -> Any:
    return SimpleNamespace(entries=entries)


def test_progress_is_reported_every_500_entries_as_70_percent_of_the_whole() -> None:
    said: list[tuple[float, str]] = []
    job = ExportJob(parse_recipe({"format": "llava"}), "Shelf", progress=lambda share, step: said.append((share, step)))
    progress = ThrottledProgress(job, snapshot(2_000))

    for entries in (1, 499, 500, 501, 999, 1_000, 2_500):
        progress(entries)

    assert said == [
        (pytest.approx(0.175), "Writing entries, 500 of 2,000"),
        (pytest.approx(0.35), "Writing entries, 1,000 of 2,000"),
        (pytest.approx(0.7), "Writing entries, 2,500 of 2,000"),
    ]
