"""The columns of a file that are not stored, since entries have no field for them."""

import re
from collections.abc import Iterable
from typing import Any

from core.importing.readers.base import Row
from core.importing.readers.boxes import boxes_of_row
from core.importing.readers.columns import columns_of

_NO_CONTENT = re.compile(
    r"$|unnamed|__|(?:.*_)?(?:ids?|idx|index|uid|uuid|hash|md5|sha256|width|height|num|number|at)$"
    r"|(?:p|q|img|image|ann|sent|doc|question)id$"
)


def unread_columns(rows: Iterable[Any], own: frozenset[str] = frozenset(), *, has_turns: bool = False) -> list[str]:
    """Return the columns with content that are not stored; ids, numbers of rows and sizes of images are no content.

    Args:
        own: columns in lower case that the reader of the format reads itself.
        has_turns: whether question, answer and caption are read from their usual columns.
    """
    found = [row for row in rows if isinstance(row, dict)]
    names = dict.fromkeys(
        name
        for row in found
        for name, value in row.items()
        if isinstance(name, str) and value not in (None, "", [], {})
    )
    used = _used(tuple(names), found, has_turns=has_turns)
    lower = {name: name.strip().lower() for name in names}
    return [name for name, low in lower.items() if name not in used and low not in own and not _NO_CONTENT.match(low)]


def _used(names: tuple[str, ...], rows: list[Row], *, has_turns: bool) -> set[str]:
    columns = columns_of(names)
    used = {
        *columns.images, *columns.more_images, columns.id, columns.note, columns.metadata,
        *(column for _, column in columns.fields),
    }  # fmt: skip
    if columns.boxes and any(boxes_of_row(row, columns) for row in rows if columns.boxes in row):
        used.add(columns.boxes)
    if has_turns and columns.question:
        used |= {columns.question, columns.answer, columns.answer_type, columns.options}
        used |= set() if columns.options else {*columns.lettered_options}
    elif has_turns:
        used.add(columns.caption)
    return used
