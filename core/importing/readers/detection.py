"""Object detection: rows of an image with its boxes and no question, as Hugging Face's ImageFolder has them."""

from collections.abc import Iterable

from core.importing.answers import RowError, turn
from core.importing.readers.base import Files, Row, RowReader
from core.importing.readers.boxes import DETECTION_QUESTION, boxes_of_row
from core.importing.readers.columns import columns_of, fields_of
from core.importing.readers.images import images_of
from core.importing.readers.rows import has_turns
from core.importing.readers.unread import unread_columns
from core.importing.records import Record, record

_OF_ALL = frozenset({"objects", "boxes", "bboxes"})
"""Columns with all boxes of an image."""


def _fits(row: Row) -> bool:
    columns = columns_of(tuple(row))
    # Only a list or an object can hold all boxes of an image; a row of one box is one of several about its image.
    has_all = isinstance(row.get(columns.boxes), list | dict) and columns.boxes.lower() in (
        "objects",
        "boxes",
        "bboxes",
    )
    return bool(columns.images or columns.more_images) and has_all and not has_turns(row)


def _read_row(row: Row, where: str, files: Files) -> Iterable[Record]:
    columns = columns_of(tuple(row))
    boxes = boxes_of_row(row, columns)
    labels = list(dict.fromkeys(box.label for box in boxes if box.label))
    if not labels:
        raise RowError("The boxes of this row have no labels." if boxes else "This row has no boxes.")
    images = images_of(row, columns, where, files)
    fields = fields_of(row, columns, where, files)._replace(boxes=boxes)
    return (record(where, images, (turn(DETECTION_QUESTION, labels, "label"),), fields),)


READER = RowReader(
    name="detection",
    label="Object detection",
    needs="an image, and objects with bbox and category",
    fits=_fits,
    read_row=_read_row,
    unread=unread_columns,
)
