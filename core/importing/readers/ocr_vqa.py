"""OCR-VQA: an object of rows by the id of a book, each with the address of its cover, questions and answers."""

from collections.abc import Iterable

from core.importing.answers import RowError
from core.importing.readers.base import Files, Row, RowReader
from core.importing.readers.rows import records_of_row
from core.importing.records import Record

_ENDINGS = (".jpg", ".png", ".jpeg", ".webp")


def _fits(row: Row) -> bool:
    has_lists = isinstance(row.get("questions"), list) and isinstance(row.get("answers"), list)
    return has_lists and isinstance(row.get("imageURL"), str)


def _read_row(row: Row, where: str, files: Files) -> Iterable[Record]:
    """Return the records of a row; its image is called by its id where it is here, else fetched."""
    address = row.get("imageURL")
    if not isinstance(address, str):
        raise RowError("This row has no imageURL.")
    id_ = row.get("key") if isinstance(row.get("key"), str) else ""
    here = next((name for ending in _ENDINGS if files.has(name := f"{id_}{ending}")), "")
    asked = {"questions": row.get("questions"), "answers": row.get("answers")}
    return records_of_row({"image": here or address, **asked}, where, files)


READER = RowReader(
    name="ocr-vqa",
    label="OCR-VQA",
    needs="imageURL, questions and answers",
    fits=_fits,
    read_row=_read_row,
)
