"""CSV for spreadsheets: one row per entry; cells that a spreadsheet would run as formulas are escaped."""

from collections.abc import Iterable

from core.export.checks.files import CsvChecker
from core.export.entries import Entry, ImageGroup, Row, RowOptions
from core.export.formats.base import KEPT_TEXTS, ONLY_COLUMNS, Format
from core.export.formats.default import metadata
from core.export.writing.files import CsvWriter


def _row(entry: Entry, group: ImageGroup, options: RowOptions) -> Row:
    row: Row = {
        "id": entry.id, "image_id": group.image.id, "image_name": group.image.name, "image": group.ref,
        "question": entry.question, "answer": entry.answer, "answer_type": entry.answer_type,
    }  # fmt: skip
    return row | (metadata(entry) if options.metadata else {})


def rows(group: ImageGroup, options: RowOptions) -> Iterable[Row]:
    """Yield one row per entry."""
    return (_row(entry, group, options) for entry in group.entries)


FORMAT = Format(
    name="csv",
    label="CSV",
    help="A table for spreadsheets; text that would run as a formula starts with an apostrophe.",
    purpose="share",
    # Without these options pandas guesses types: 007 becomes 7, NA becomes a missing value.
    install="pip install pandas==3.1.1",
    load="import pandas\n\ntable = pandas.read_csv('{rows}', dtype=str, keep_default_na=False)",
    run_in=("pandas 3.1.1",),
    rows=rows,
    writer=CsvWriter,
    checker=CsvChecker,
    image_modes=("none", "path"),
    stem="entries",
    for_spreadsheets=True,
    hints=(KEPT_TEXTS,),
    row_endings=("csv",),
    not_carried=(*ONLY_COLUMNS, "image_id"),
)
