"""CSV for spreadsheets: one row per entry, and no cell that a spreadsheet would run as a formula."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from core.export.checks import csv_checker
from core.export.entries import Entry, ImageGroup, Row, RowOptions
from core.export.formats.base import Format
from core.export.formats.default import metadata

if TYPE_CHECKING:
    from core.export.writing.base import Writer

# OWASP ASVS 1.2.10: what makes a spreadsheet take a cell for a formula.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")


def without_formula(cell: str) -> str:
    """Return *cell* with an apostrophe in front when a spreadsheet would run it."""
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell


def entry_to_row(entry: Entry, group: ImageGroup, options: RowOptions) -> Row:
    row: Row = {
        "id": entry.id, "image_id": group.image.id, "image_name": group.image.name, "image": group.ref,
        "question": entry.question, "answer": entry.answer, "answer_type": entry.answer_type,
    }  # fmt: skip
    return row | (metadata(entry) if options.metadata else {})


def rows(group: ImageGroup, options: RowOptions) -> Iterable[Row]:
    return (entry_to_row(entry, group, options) for entry in group.entries)


def _writer() -> "type[Writer]":
    from core.export.writing.files import CsvWriter

    return CsvWriter


FORMAT = Format(
    name="csv",
    label="CSV",
    help="A table for spreadsheets; text that would run as a formula gets an apostrophe in front.",
    purpose="share",
    load="pandas.read_csv('{dir}/{stem}.csv')",
    rows=rows,
    writer=_writer,
    checker=csv_checker,
    image_modes=("none", "path"),
    stem="entries",
)
