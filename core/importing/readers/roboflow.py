"""Roboflow's multimodal lines, for PaliGemma and Florence-2: ``image``, ``prefix`` and ``suffix``."""

from collections.abc import Iterable
from functools import partial

from core.importing.answers import turn
from core.importing.readers.base import Files, Row, RowReader
from core.importing.readers.columns import columns_of, fields_of
from core.importing.readers.images import images_of
from core.importing.readers.unread import unread_columns
from core.importing.records import Record, record


def _fits(row: Row) -> bool:
    return "prefix" in row and "suffix" in row


def _read_row(row: Row, where: str, files: Files) -> Iterable[Record]:
    columns = columns_of(tuple(row))
    made = turn(row.get("prefix"), row.get("suffix"))
    images = images_of(row, columns, where, files)
    return (record(where, images, (made,), fields_of(row, columns, where, files)),)


READER = RowReader(
    name="roboflow",
    label="Roboflow multimodal",
    needs="image, prefix and suffix",
    fits=_fits,
    read_row=_read_row,
    unread=partial(unread_columns, own=frozenset({"prefix", "suffix"})),
)
