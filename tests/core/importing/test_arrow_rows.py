"""Batches of a table: groups are joined, or cut, up to the limits of bytes and rows."""

import pytest

from core.importing import arrow_rows
from core.importing.arrow_rows import planned


@pytest.mark.parametrize(
    ("groups", "batches"),
    [
        ([], []),
        ([(0, 0)], []),
        ([(5, 50), (5, 50)], [(0, (0, 1), 0, 10)]),
        ([(5, 50), (5, 51)], [(0, (0,), 0, 5), (5, (1,), 0, 5)]),
        ([(5, 1), (6, 1)], [(0, (0,), 0, 5), (5, (1,), 0, 6)]),
        ([(5, 50), (5, 51), (4, 49)], [(0, (0,), 0, 5), (5, (1, 2), 0, 9)]),
        ([(0, 0), (5, 50)], [(0, (0, 1), 0, 5)]),
        ([(20, 200)], [(0, (0,), 0, 10), (10, (0,), 10, 20)]),
        ([(21, 20)], [(0, (0,), 0, 10), (10, (0,), 10, 20), (20, (0,), 20, 21)]),
        ([(2, 900)], [(0, (0,), 0, 1), (1, (0,), 1, 2)]),
        ([(1, 1), (2, 900), (1, 1)], [(0, (0,), 0, 1), (1, (1,), 0, 1), (2, (1,), 1, 2), (3, (2,), 0, 1)]),
        ([(8, 8_000)], [(0, (0,), 0, 2), (2, (0,), 2, 4), (4, (0,), 4, 6), (6, (0,), 6, 8)]),
    ],
)
def test_groups_of_rows_become_batches(
    groups: list[tuple[int, int]],
    batches: list[tuple[int, tuple[int, ...], int, int]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(arrow_rows, "BATCH_BYTES", 100)
    monkeypatch.setattr(arrow_rows, "MAX_BATCH_ROWS", 10)
    monkeypatch.setattr(arrow_rows, "MAX_BATCHES", 4)

    assert [tuple(batch) for batch in planned(groups)] == batches
