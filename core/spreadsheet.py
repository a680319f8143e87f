"""Cells of CSV files that a spreadsheet would run as formulas."""

import re

# OWASP ASVS 1.2.10: first characters that make a spreadsheet read a cell as a formula.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")
_NUMBER = re.compile(r"[+-]?[0-9]+([.,][0-9]+)?")


def without_formula(cell: str) -> str:
    """Return *cell* with a leading apostrophe when a spreadsheet would run it as a formula (CSV injection).

    A number stays as it is: it runs nothing, and with an apostrophe it would be a text.
    """
    return f"'{cell}" if cell.startswith(_FORMULA_STARTS) and not _NUMBER.fullmatch(cell) else cell
