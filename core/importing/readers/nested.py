"""Rows of an image with a list of questions and answers, captions or regions, such as those of Visual Genome."""

from collections.abc import Iterable, Iterator
from typing import Any

from core.importing.answers import RowError
from core.importing.readers.base import Files, Row, RowReader
from core.importing.readers.columns import columns_of
from core.importing.readers.rows import has_turns, records_of_row
from core.importing.readers.unread import unread_columns
from core.importing.records import Record

_LISTS = frozenset({
    "qas", "qa", "qa_pairs", "qapairs", "qna", "questions", "question_answers", "annotations", "captions", "entries",
    "regions",
})  # fmt: skip
_SIDES = ("x", "y", "width", "height")
"""Of the box of a region, as Visual Genome writes it."""


def _list_of(row: Row) -> list[Any] | None:
    """Return the list of objects with questions or captions in a row."""
    for name, value in row.items():
        if not isinstance(name, str) or name.strip().lower() not in _LISTS or not isinstance(value, list) or not value:
            continue
        if isinstance(value[0], dict) and has_turns(value[0]):
            return value
    return None


def _fits(row: Row) -> bool:
    inner = _list_of(row)
    if inner is None or columns_of(tuple(row)).question:
        return False
    return bool(_named_images(row) or _named_images(inner[0]))


def _named_images(row: Row) -> tuple[str, ...]:
    """Return the columns of a row that name its images."""
    columns = columns_of(tuple(row))
    return (*columns.images, *columns.more_images) or ((columns.id,) if columns.id else ())


def _read_row(row: Row, where: str, files: Files) -> Iterable[Record]:
    inner = _list_of(row)
    if inner is None:
        raise RowError("This row has no list of questions and answers.")
    columns = columns_of(tuple(row))
    names = (*_named_images(row), columns.note, *(column for _, column in columns.fields))
    return _records({name: row[name] for name in names if name}, inner, where, files)


def _records(common: Row, rows: list[Any], where: str, files: Files) -> Iterator[Record]:
    for row in rows:
        try:
            if not isinstance(row, dict):
                raise RowError("A question of this row is no object with names and values.")
            box = {"bbox": [row[name] for name in _SIDES]} if row.keys() >= {*_SIDES} else {}
            yield from records_of_row(common | box | row, where, files)
        except RowError as error:
            files.problems.add(where, str(error))


def _unread(rows: Iterable[Any]) -> list[str]:
    inner = [one for row in rows if isinstance(row, dict) for one in _list_of(row) or ()]
    return unread_columns(inner, frozenset(_SIDES), has_turns=True)


READER = RowReader(
    name="nested",
    label="Lists of questions (Visual Genome)",
    needs="an image, and qas with question and answer",
    fits=_fits,
    read_row=_read_row,
    unread=_unread,
)
