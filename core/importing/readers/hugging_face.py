"""Hugging Face ImageFolder: metadata beside the images, whose rows have ``file_name`` or ``file_names``."""

from functools import partial

from core.importing.readers.base import Row, RowReader
from core.importing.readers.columns import columns_of
from core.importing.readers.conventions import converter
from core.importing.readers.rows import has_turns, records_by_column, records_of_row
from core.importing.readers.unread import unread_columns


def _fits(row: Row) -> bool:
    names_files = any(isinstance(name, str) and name.endswith(("file_name", "file_names")) for name in row)
    return names_files and has_turns(row) and bool(columns_of(tuple(row)))


READER = RowReader(
    name="imagefolder",
    label="Hugging Face ImageFolder",
    needs="file_name or file_names, and question and answer, or a caption",
    fits=_fits,
    read_row=records_of_row,
    converter=converter,
    unread=partial(unread_columns, has_turns=True),
    read_columns=records_by_column,
)
