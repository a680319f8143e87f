"""img2dataset: the table beside each of its archives; images that are here are called by their key, not fetched."""

from collections.abc import Iterable

from core.importing.answers import RowError
from core.importing.readers.base import Files, Row, RowReader
from core.importing.readers.columns import columns_of
from core.importing.readers.rows import records_of_row
from core.importing.records import Record, file_of
from core.importing.texts import clean_text

_ENDINGS = (".jpg", ".png", ".webp", ".jpeg")
_KEY_DIGITS = 4
"""Of the sample in its shard, behind those of the shard."""


def _fits(row: Row) -> bool:
    return isinstance(row.get("key"), str) and isinstance(row.get("status"), str) and "url" in row


def _read_row(row: Row, where: str, files: Files) -> Iterable[Record]:
    key = row.get("key")
    if not isinstance(key, str) or not key:
        raise RowError("This row has no key.")
    if row.get("status") != "success":
        reason = row.get("error_message")
        said = f": {clean_text(reason)[:200]}" if isinstance(reason, str) and reason else ""
        raise RowError(f"img2dataset has not downloaded this image{said}.")
    name = _name(key, where, files)
    if not name:
        return records_of_row(row, where, files)
    columns = columns_of(tuple(row))
    rest = {column: value for column, value in row.items() if column not in columns.images}
    return records_of_row({**rest, "file_name": name}, where, files)


def _name(key: str, where: str, files: Files) -> str:
    """Return what the image is called here: as a file, or in the archive of its shard; "" when there is neither."""
    here = next((name for ending in _ENDINGS if files.has(name := f"{key}{ending}")), "")
    if here:
        return here
    table = file_of(where).rpartition("/")[2].rpartition(".")[0]
    return key if any(files.has(f"{shard}.tar") for shard in (table, key[:-_KEY_DIGITS])) else ""


READER = RowReader(
    name="img2dataset",
    label="img2dataset",
    needs="key, status and url, and a caption",
    fits=_fits,
    read_row=_read_row,
)
