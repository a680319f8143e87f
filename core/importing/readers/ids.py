"""Ids by which files of one dataset refer to each other."""

from typing import Any

from core.importing.answers import RowError

_MAX_CHARS = 200


def id_of(row: Any, name: str) -> int | str:
    """Return the id *name* of a row; a number that is written as text is the number.

    Raises:
        RowError: it is no number and no text.
    """
    value = row.get(name) if isinstance(row, dict) else None
    if type(value) is int:
        return value
    if isinstance(value, str) and 0 < len(value) <= _MAX_CHARS:
        return int(value) if value.isascii() and value.isdecimal() else value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    raise RowError(f"{name} is no number and no text.")
