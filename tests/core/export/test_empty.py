"""Why an export would be empty, in the order of what helps most."""

from collections import Counter
from types import SimpleNamespace
from typing import Any

import pytest

from core.errors import InvalidInputError
from core.export import parse_recipe
from core.export.bundle import BundleCounts
from core.export.empty import raise_if_empty
from core.export.job import ExportJob
from core.export.selecting.snapshot import UNCHANGED

JOB = ExportJob(parse_recipe({"format": "llava"}), "Shelf")


@pytest.mark.parametrize(
    ("entries", "removed", "left_out", "said"),
    [
        (0, 2, {UNCHANGED: 3}, "No entry matches this choice."),
        (5, 2, {UNCHANGED: 3}, "Nothing is new or changed since the earlier export, and 2 entries of it are not"),
        (5, 1, {UNCHANGED: 3}, "Nothing is new or changed since the earlier export, and 1 entry of it is not"),
        (5, 0, {UNCHANGED: 3}, f"Nothing is left to export as LLaVA: {UNCHANGED}. Choose"),
        (5, 2, {"no answer": 3, "other": 1}, "Nothing is left to export as LLaVA: no answer. Choose"),
    ],
)
def test_an_export_without_rows_says_why(entries: int, removed: int, left_out: dict[str, int], said: str) -> None:
    snapshot: Any = SimpleNamespace(entries=entries, removed=removed)

    with pytest.raises(InvalidInputError) as raised:
        raise_if_empty(JOB, snapshot, BundleCounts(left_out=Counter(left_out)))

    assert str(raised.value).startswith(said)


def test_an_export_with_a_row_is_not_empty() -> None:
    snapshot: Any = SimpleNamespace(entries=5, removed=2)

    raise_if_empty(JOB, snapshot, BundleCounts(rows=Counter(train=1), left_out=Counter({UNCHANGED: 3})))
