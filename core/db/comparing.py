"""Conditions on numbers and dates as search lines write them: ``<3``, ``>=2``, ``2..4``, ``2026-05``."""

import re
from calendar import monthrange
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_
from sqlalchemy.sql.elements import SQLCoreOperations

from core.errors import InvalidInputError

Column = SQLCoreOperations[Any]
_LARGEST_INTEGER = 2**31 - 1
_COMPARISON = re.compile(r"(<=|>=|<|>|=?)(.*)", re.DOTALL)


def number_is(column: Column, field: str) -> Callable[[str], ColumnElement[bool]]:
    """Return what makes the condition that *column* compares to a number as written in ``field:value``.

    Raises:
        InvalidInputError: by what is returned, when the value is no number.
    """

    def build(value: str) -> ColumnElement[bool]:
        low, dots, high = value.partition("..")
        try:
            if dots:
                return column.between(_number(low), _number(high))
            sign, number = _COMPARISON.match(value).groups()  # type: ignore[union-attr]
            bound = _number(number)
        except ValueError as error:
            raise InvalidInputError(f"{field}: takes a number, <3, >=2 or 2..4, not {value}.", field="q") from error
        return {"<": column < bound, "<=": column <= bound, ">": column > bound, ">=": column >= bound}.get(
            sign, column == bound
        )

    return build


def day_is(column: Column, field: str) -> Callable[[str], ColumnElement[bool]]:
    """Return what makes the condition that *column*, a time, is on, before or after a day or a month.

    Raises:
        InvalidInputError: by what is returned, when the value is no day.
    """

    def build(value: str) -> ColumnElement[bool]:
        sign, text = _COMPARISON.match(value).groups()  # type: ignore[union-attr]
        try:
            start, end = _days(text)
        except ValueError as error:
            raise InvalidInputError(
                f"{field}: takes a day such as 2026-05-01, a month, or >2026-05-01.", field="q"
            ) from error
        if sign == ">":
            return column >= end
        if sign == "<":
            return column < start
        return (
            column >= start if sign == ">=" else column < end if sign == "<=" else and_(column >= start, column < end)
        )

    return build


def _number(text: str) -> float:
    """Return an integer where it is one: PostgreSQL uses no index over integers for a comparison with a float."""
    number = float(text)
    return int(number) if number.is_integer() and abs(number) <= _LARGEST_INTEGER else number


def _days(text: str) -> tuple[datetime, datetime]:
    """Return the start of a day or a month and of the next one."""
    month = re.fullmatch(r"\d{4}-\d{2}", text) is not None
    day = date.fromisoformat(f"{text}-01" if month else text)
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    length = timedelta(days=monthrange(day.year, day.month)[1] if month else 1)
    return start, start + length
