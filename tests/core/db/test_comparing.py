"""Conditions on numbers and days, at and beside their bounds."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import ColumnElement, Integer, bindparam, column, literal, select

from core.db import Database
from core.db.base import UtcDateTime
from core.db.comparing import day_is, number_is
from core.errors import InvalidInputError

LAST_OF_APRIL, MAY_1, LAST_OF_MAY_1, MAY_2, JUNE_1 = (
    datetime(2026, 4, 30, 23, 59, 59, tzinfo=UTC),
    datetime(2026, 5, 1, tzinfo=UTC),
    datetime(2026, 5, 1, 23, 59, 59, tzinfo=UTC),
    datetime(2026, 5, 2, tzinfo=UTC),
    datetime(2026, 6, 1, tzinfo=UTC),
)
TIMES = (LAST_OF_APRIL, MAY_1, LAST_OF_MAY_1, MAY_2, JUNE_1)


def holds(db: Database, conditions: list[ColumnElement[bool]]) -> list[bool]:
    with db.reading() as session:
        return [bool(one) for one in session.execute(select(*conditions)).one()]


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("3", [3]), ("=3", [3]), ("<3", [1, 2]), ("<=3", [1, 2, 3]), (">3", [4, 5]), (">=3", [3, 4, 5]),
        ("2..4", [2, 3, 4]), ("2.5..4", [3, 4]), ("-1", []),
    ],
)  # fmt: skip
def test_a_number_is_compared_with_its_bounds(db: Database, written: str, found: list[int]) -> None:
    numbers = range(1, 6)
    held = holds(db, [number_is(literal(number, Integer()), "side")(written) for number in numbers])
    assert [number for number, holds_ in zip(numbers, held, strict=True) if holds_] == found


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("2026-05-01", [MAY_1, LAST_OF_MAY_1]),
        ("=2026-05-01", [MAY_1, LAST_OF_MAY_1]),
        ("<2026-05-01", [LAST_OF_APRIL]),
        ("<=2026-05-01", [LAST_OF_APRIL, MAY_1, LAST_OF_MAY_1]),
        (">2026-05-01", [MAY_2, JUNE_1]),
        (">=2026-05-01", [MAY_1, LAST_OF_MAY_1, MAY_2, JUNE_1]),
        ("2026-05", [MAY_1, LAST_OF_MAY_1, MAY_2]),
        (">2026-05", [JUNE_1]),
        ("<=2026-05", [LAST_OF_APRIL, MAY_1, LAST_OF_MAY_1, MAY_2]),
    ],
)
def test_a_day_or_a_month_holds_from_its_first_to_its_last_second(
    db: Database, written: str, found: list[datetime]
) -> None:
    columns = [bindparam(None, time, type_=UtcDateTime(), unique=True) for time in TIMES]
    held = holds(db, [day_is(one, "created")(written) for one in columns])
    assert [time for time, holds_ in zip(TIMES, held, strict=True) if holds_] == found


@pytest.mark.parametrize(
    ("written", "bound"),
    [("3", int), ("3.0", int), ("2147483647", int), ("2147483648", float), ("-2147483648", float), ("0.5", float)],
)
def test_a_number_that_fits_a_column_of_integers_is_compared_as_one(written: str, bound: type) -> None:
    condition = number_is(column("side"), "side")(written)
    (value,) = condition.compile().params.values()
    assert type(value) is bound


def test_what_is_no_number_or_no_day_is_refused_with_what_may_be_written() -> None:
    for written in ("", "<", "three", "1..", "..", "1..two"):
        with pytest.raises(InvalidInputError, match=r"side: takes a number, <3, >=2 or 2\.\.4, not "):
            number_is(column("side"), "side")(written)
    for written in ("", "2026", "2026-13", "2026-02-30", "soon"):
        with pytest.raises(InvalidInputError, match="created: takes a day such as 2026-05-01, a month, or >2026"):
            day_is(column("at"), "created")(written)
