"""Statements that are true or false of their images: VSR (one image), NLVR2 (two images) and their like."""

import re
from collections.abc import Iterable
from functools import partial
from typing import Any

from core.importing.answers import RowError, question_text, turn
from core.importing.readers.base import Files, Row, RowReader
from core.importing.readers.columns import columns_of, fields_of
from core.importing.readers.images import images_of
from core.importing.readers.unread import unread_columns
from core.importing.records import Record, record

_STATEMENTS = ("statement", "sentence", "hypothesis")
_OWN = frozenset({*_STATEMENTS, "caption", "label", "identifier", "left_url", "right_url"})
_TRUE, _FALSE = frozenset({"1", "true", "yes"}), frozenset({"0", "false", "no"})
# NLVR2: the split, the pair and the statement about it; both images share the first two.
_IDENTIFIER = re.compile(r"((?:train|dev|test1|test2)-\d+-\d+)-\d+")


def _fits(row: Row) -> bool:
    statement = _statement(row)
    return bool(statement) and _truth(row.get("label")) is not None and "question" not in row


def _statement(row: Row) -> str:
    """Return the column of the statement. A caption is one only where its label can say nothing else."""
    found = next((name for name in _STATEMENTS if isinstance(row.get(name), str)), "")
    is_caption = isinstance(row.get("caption"), str) and ("relation" in row or not _is_number(row.get("label")))
    return found or ("caption" if is_caption else "")


def _is_number(label: Any) -> bool:
    return label.strip() in ("0", "1") if isinstance(label, str) else label in (0, 1) and not isinstance(label, bool)


def _truth(label: Any) -> bool | None:
    if not isinstance(label, str):
        return bool(label) if isinstance(label, int) and label in (0, 1) else None
    written = label.strip().lower()
    return True if written in _TRUE else False if written in _FALSE else None


def _read_row(row: Row, where: str, files: Files) -> Iterable[Record]:
    truth, statement = _truth(row.get("label")), _statement(row)
    if truth is None or not statement:
        raise RowError("This row does not say whether its statement is true.")
    columns = columns_of(tuple(row))
    asked = f"True or false? {question_text(row[statement])}"
    found = turn(asked, str(truth), "label", ["True", "False"])
    images = _images_of_pair(row) or images_of(row, columns, where, files)
    return (record(where, images, (found,), fields_of(row, columns, where, files)),)


def _images_of_pair(row: Row) -> tuple[str, ...]:
    """Return the two images of NLVR2, which its rows name by their identifier only."""
    identifier = row.get("identifier")
    pair = _IDENTIFIER.fullmatch(identifier) if isinstance(identifier, str) else None
    has_images = columns_of(tuple(row)).more_images
    return (f"{pair[1]}-img0.png", f"{pair[1]}-img1.png") if pair and not has_images else ()


READER = RowReader(
    name="statements",
    label="Statements (VSR, NLVR2)",
    needs="an image, a statement or caption, and a label that is true or false",
    fits=_fits,
    read_row=_read_row,
    unread=partial(
        unread_columns, own=frozenset({*_STATEMENTS, "caption", "label", "identifier", "left_url", "right_url"})
    ),
)
