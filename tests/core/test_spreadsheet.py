"""Which cells of a CSV file get an apostrophe."""

import pytest

from core.spreadsheet import without_formula


@pytest.mark.parametrize("cell", ["", "a", "a=1", "12", "-12", "+1.5", "-3,25", "0", " =1", "'=1"])
def test_a_text_and_a_number_stay_as_they_are(cell: str) -> None:
    assert without_formula(cell) == cell


@pytest.mark.parametrize(
    "cell", ["=1", "+", "-", "-a", "+1.", "--1", "@x", "\tx", "\rx", "\n1", "\0", "＝1", "＠", "-1\n"]
)
def test_what_a_spreadsheet_would_run_gets_an_apostrophe(cell: str) -> None:
    assert without_formula(cell) == f"'{cell}"
