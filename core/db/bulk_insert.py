"""Inserting many rows: statements of a hundred rows, without objects."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from functools import cache
from itertools import chain, islice
from typing import Any

from sqlalchemy import insert
from sqlalchemy.engine import Dialect
from sqlmodel import Session

from core.db.base import Base, new_values, utc_now
from core.db.tables import ImageDatasets

ROWS_PER_STATEMENT = 100
"""SQLite's full-text index writes what it holds at the start of each statement. With one row a statement 5,000 entries
a second are inserted, with 100 it is 16,700, with 800 no more."""

_STEP = timedelta(microseconds=1)

_Convert = Callable[[Any], Any] | None


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
    if connection.dialect.name != "sqlite":
        for some in _parts(rows):
            connection.execute(insert(table), [dict(row) for row in some])
            inserted += len(some)
        return inserted
    columns = _columns(table, connection.dialect)
    names = ", ".join(f'"{name}"' for name, _ in columns)
    one_row = f"({', '.join('?' * len(columns))})"
    for some in _parts(rows):
        statement = f"INSERT INTO {table.__tablename__} ({names}) VALUES {', '.join([one_row] * len(some))}"  # noqa: S608 - names of a table of ours
        values = chain.from_iterable(
            [row[name] if convert is None else convert(row[name]) for name, convert in columns] for row in some
        )
        connection.exec_driver_sql(statement, tuple(values))
        inserted += len(some)
    return inserted


def _parts(rows: Iterable[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    left = iter(rows)
    while part := list(islice(left, ROWS_PER_STATEMENT)):
        yield part


@cache
def _columns(table: type[Base], dialect: Dialect) -> tuple[tuple[str, _Convert], ...]:
    """Return the columns of *table*, each with what turns a value into one of the driver."""
    columns = table.__table__.columns  # type: ignore[attr-defined]
    return tuple((column.name, column.type.dialect_impl(dialect).bind_processor(dialect)) for column in columns)
