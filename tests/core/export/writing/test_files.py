"""Cells that a spreadsheet would run as formulas are escaped, and only those."""

import pytest

from core.spreadsheet import without_formula


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠"])
def test_a_formula_gets_an_apostrophe(start: str) -> None:
    assert without_formula(f"{start}1+1") == f"'{start}1+1"


@pytest.mark.parametrize("cell", ["", "plain", "3", "a=b", "'quoted", "-5", "+3.50", "-1,5"])
def test_other_text_and_numbers_are_unchanged(cell: str) -> None:
    assert without_formula(cell) == cell
