"""Rows of runs, one by one."""

from core.importing.runs import Run, rows_in


def test_rows_are_numbered_on_and_have_their_lines_or_none() -> None:
    runs = [Run(1, [1, 4], ["a", "b"]), Run(3, (), ["c", "d"])]

    assert list(rows_in(runs)) == [(1, 1, "a"), (2, 4, "b"), (3, 0, "c"), (4, 0, "d")]
