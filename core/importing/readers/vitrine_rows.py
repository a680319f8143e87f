"""Rows of Vitrine's own format, with all fields of an entry; its history is restored by ``core.export.restore``."""

from collections.abc import Iterable

from core.importing.answers import RowError, turn
from core.importing.readers.base import Files, Row, RowReader
from core.importing.readers.boxes import boxes_of
from core.importing.readers.columns import columns_of, fields_of
from core.importing.readers.images import written_images
from core.importing.records import Record, record

_KNOWN_VERSIONS = (1, 2)


def _fits(row: Row) -> bool:
    return row.get("schema_version") in _KNOWN_VERSIONS and isinstance(row.get("image"), dict)


def _read_row(row: Row, where: str, files: Files) -> Iterable[Record]:
    image = row.get("image")
    if not isinstance(image, dict) or not (written := image.get("file") or image.get("name")):
        raise RowError("This row names no image.")
    made = turn(row.get("question"), row.get("answer"), row.get("answer_type"), row.get("options"))
    fields = fields_of(row, columns_of(tuple(row)), where, files)
    images = tuple(written_images(written, where, files))
    return (record(where, images, (made,), fields._replace(boxes=boxes_of(row.get("boxes")))),)


READER = RowReader(
    name="vitrine",
    label="Vitrine",
    needs="schema_version, image, question and answer",
    fits=_fits,
    read_row=_read_row,
)
