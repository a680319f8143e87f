"""Inserting many rows: statements of many rows, without objects."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from functools import cache
from itertools import chain, islice
from typing import Any

from sqlalchemy import Integer, String
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeEngine
from sqlmodel import Session

from core.db.base import Base, new_values, utc_now
from core.db.tables import ImageDatasets

ROWS_PER_STATEMENT = 100
"""SQLite's full-text index writes what it holds at the start of each statement. With one row a statement 5,000 entries
a second are inserted, with 100 it is 16,700, with 800 no more."""

ROWS_PER_SERVER_STATEMENT = 1000
"""PostgreSQL plans a statement of 100 rows with 3,500 values anew each time; one with an array for each column is the
same for any number of rows, and the triggers for each statement run once."""

_STEP = timedelta(microseconds=1)

Columns = tuple[tuple[str, Callable[[Any], Any] | None], ...]
"""The names of columns, each with what turns a value into one of the driver."""


def insert_entries(session: Session, rows: Iterable[Mapping[str, Any]]) -> int:
    """Insert entries in their order and return how many; for 10 or 1,000,000 rows alike.

    Each row has at least project_id, image_id, image_name, question and answer, in their stored form
    (``core.dataset.values.checked``); other columns take their defaults. Such entries have no event, like those of a
    model: nothing was there before. Each one is created a microsecond after the one before it, which is the order of
    all lists.
    """
    return insert_rows(session, ImageDatasets, _complete(rows))


def _complete(rows: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    created = utc_now()
    for row in rows:
        created += _STEP
        yield new_values(ImageDatasets, **{"create_at": created, "update_at": created, **row})


def insert_rows(session: Session, table: type[Base], rows: Iterable[Mapping[str, Any]]) -> int:
    """Insert *rows*, values of every column by name, and return how many."""
    connection, inserted = session.connection(), 0
    is_server = connection.dialect.name != "sqlite"
    columns = _columns(table, connection.dialect)
    for some in _parts(rows, ROWS_PER_SERVER_STATEMENT if is_server else ROWS_PER_STATEMENT):
        if is_server:
            connection.exec_driver_sql(_from_arrays(table), _arrays(columns, some))
        else:
            connection.exec_driver_sql(_of_rows(table, columns, len(some)), _values(columns, some))
        inserted += len(some)
    return inserted


def _of_rows(table: type[Base], columns: Columns, count: int) -> str:
    one_row = f"({', '.join('?' * len(columns))})"
    names = ", ".join(f'"{name}"' for name, _ in columns)
    return f"INSERT INTO {table.__tablename__} ({names}) VALUES {', '.join([one_row] * count)}"  # noqa: S608 - names of a table of ours


def _values(columns: Columns, rows: list[Mapping[str, Any]]) -> tuple[Any, ...]:
    return tuple(
        chain.from_iterable(
            [row[name] if convert is None else convert(row[name]) for name, convert in columns] for row in rows
        )
    )


@cache
def _from_arrays(table: type[Base]) -> str:
    """Return the statement that takes the values of each column as an array, for any number of rows."""
    columns = list(table.__table__.columns)  # type: ignore[attr-defined]
    names = ", ".join(f'"{column.name}"' for column in columns)
    arrays = ", ".join(f"%s::{_type_name(column.type)}[]" for column in columns)
    return f"INSERT INTO {table.__tablename__} ({names}) SELECT * FROM unnest({arrays})"  # noqa: S608 - names of a table of ours


def _type_name(type_: TypeEngine[Any]) -> str:
    """Return the type of a column as it is on PostgreSQL: integers have 64 bits, and texts no limit to be cut at."""
    if isinstance(type_, String):
        return "TEXT"
    return "BIGINT" if isinstance(type_, Integer) else type_.compile(postgresql.dialect())  # type: ignore[no-untyped-call]


def _arrays(columns: Columns, rows: list[Mapping[str, Any]]) -> tuple[list[Any], ...]:
    return tuple([row[name] if convert is None else convert(row[name]) for row in rows] for name, convert in columns)


def _parts(rows: Iterable[Mapping[str, Any]], size: int) -> Iterator[list[Mapping[str, Any]]]:
    left = iter(rows)
    while part := list(islice(left, size)):
        yield part


@cache
def _columns(table: type[Base], dialect: Dialect) -> Columns:
    """Return the columns of *table*, each with what turns a value into one of the driver."""
    columns = table.__table__.columns  # type: ignore[attr-defined]
    return tuple((column.name, column.type.dialect_impl(dialect).bind_processor(dialect)) for column in columns)
