"""Image classification: rows of an image and its class, or images in a directory for each class."""

from collections.abc import Iterable
from functools import partial
from typing import Any

from core.importing.answers import parsed_list, turn
from core.importing.readers.base import Files, Row, RowReader
from core.importing.readers.columns import BOX_COLUMNS, columns_of, fields_of
from core.importing.readers.images import images_of
from core.importing.readers.rows import has_turns
from core.importing.readers.unread import unread_columns
from core.importing.records import Record, record

CLASS_QUESTION = "Which class does this image belong to?"
"""The question of a class, which comes without one."""
_CLASSES = ("label", "labels", "class", "class_name", "category", "fine_label")


def _fits(row: Row) -> bool:
    columns = columns_of(tuple(row))
    if not columns.images or columns.boxes or has_turns(row):
        return False
    return _class_of(row) is not None and not any(str(name).strip().lower() in BOX_COLUMNS for name in row)


def _class_of(row: Row) -> Any:
    """Return the class of a row, or its classes; None without one."""
    by_name = {name.strip().lower(): value for name, value in row.items() if isinstance(name, str)}
    value = parsed_list(next((by_name[name] for name in _CLASSES if by_name.get(name) not in (None, "", [])), None))
    classes = value if isinstance(value, list | tuple) else [value]
    return value if all(isinstance(one, str | int) and not isinstance(one, bool) for one in classes) else None


def _read_row(row: Row, where: str, files: Files) -> Iterable[Record]:
    columns = columns_of(tuple(row))
    found = turn(CLASS_QUESTION, _class_of(row), "label", row[columns.options] if columns.options else None)
    images = images_of(row, columns, where, files)
    return (record(where, images, (found,), fields_of(row, columns, where, files)),)


READER = RowReader(
    name="classes",
    label="Image classes (a column label, or directories)",
    needs="an image, and its label or class",
    fits=_fits,
    read_row=_read_row,
    unread=partial(unread_columns, own=frozenset({*_CLASSES, "options"})),
)
