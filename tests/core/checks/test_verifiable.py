from dataclasses import replace

import pytest

from core.checks import verifiable
from core.checks.base import CheckContext
from core.checks.verifiable import CHECK, Options
from tests.core.checks.planted import checked


def test_each_answer_has_the_checker_that_it_passes_or_none() -> None:
    long = "A long description of everything that is to be seen on the table and behind it."
    entries = [
        checked("1", "How many?", "3", family=1, kind="count"),
        checked("2", "What color?", "Dark red", family=1, kind="color"),
        checked("3", "Describe it.", long, family=1, kind="description"),
        replace(checked("4", "Which?", '["cup", "plate"]', family=1, kind="count"), answer_type="label"),
        replace(checked("5", "Which?", '{"cups": 2}', family=1), answer_type="custom_format"),
        replace(
            checked("6", "Where?", '[{"label": "cup", "bbox_2d": [1, 2, 30, 40]}]', family=1),
            answer_type="custom_format",
        ),
        replace(checked("7", "Which?", "not json", family=1), answer_type="custom_format"),
    ]
    found = CHECK.run(CheckContext(entries, lambda share, step: None), Options())
    assert [(one.entry_id, one.verdict) for one in found.findings] == [
        ("1", "number"), ("2", "exact"), ("3", "no"), ("4", "set"), ("5", "json"), ("6", "iou"), ("7", "no"),
    ]  # fmt: skip
    assert found.findings[0].evidence == {"arguments": {"tolerance": 0.0}}
    assert found.result == {
        "entries": 7, "verifiable": 5, "share": 5 / 7,
        "checkers": {"exact": 1, "number": 1, "set": 1, "json": 1, "iou": 1},
        "kinds": [
            {"value": "", "entries": 3, "verifiable": 2}, {"value": "count", "entries": 2, "verifiable": 2},
            {"value": "color", "entries": 1, "verifiable": 1}, {"value": "description", "entries": 1, "verifiable": 0},
        ],
    }  # fmt: skip


def test_no_entry_makes_a_share_of_zero() -> None:
    found = CHECK.run(CheckContext([], lambda share, step: None), Options())
    assert (found.result["share"], found.findings) == (0.0, [])


def test_progress_is_the_share_of_the_entries_that_were_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifiable, "_ENTRIES_PER_PROGRESS", 2)
    shares: list[float] = []
    entries = [checked(str(n), "How many?", "3", family=n) for n in range(4)]

    CHECK.run(CheckContext(entries, lambda share, step: shares.append(share)), Options())

    assert shares == [0, 0.5]
