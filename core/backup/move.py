"""Copying a whole database to another one, SQLite to PostgreSQL or back; images and files stay where they are."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import JSON, ColumnElement, Table, Text, TypeDecorator, cast, column, func, insert, select, table, text
from sqlalchemy.sql.expression import BindParameter, TableClause, type_coerce
from sqlmodel import Session

from core.backup.copying import Progress, ignore_progress
from core.db.base import Base
from core.db.database import Database, connect
from core.db.lease import task_lease
from core.errors import ConflictError, InvalidInputError, StorageError

_ROWS_PER_STATEMENT = 1_000
_MADE_BY_TRIGGERS = ("entry_images", "question_images")
_COUNTED_BY_TRIGGERS = ("repeats", "disputes")
"""Columns that the target counts anew, so that they are in no sum."""


@dataclass(frozen=True)
class MoveReport:
    """What was copied: rows by table."""

    rows: dict[str, int]

    @property
    def total(self) -> int:
        return sum(self.rows.values())


def move_database(source: Database, to: str, *, progress: Progress = ignore_progress) -> MoveReport:
    """Copy every row of *source* to the empty database *to*, in one transaction, and compare counts and sums.

    The source stays as it is.

    Raises:
        ConflictError: a server uses *source*.
        InvalidInputError: *to* has rows already, or a text cannot be stored there.
        StorageError: *to* cannot be reached, or its rows do not have the sums of those of *source*.
    """
    with connect(to) as target, _unused(source), source.reading() as reading, target.transaction() as writing:
        tables = Base.metadata.sorted_tables
        if any(writing.execute(select(text("1")).select_from(one).limit(1)).first() for one in tables):
            raise InvalidInputError("The database to move to has rows already. Name an empty one.", field="to")
        rows: dict[str, int] = {}
        for number, one in enumerate(tables):
            progress(0.7 * number / len(tables), f"Copying {one.name}")
            if one.name not in _MADE_BY_TRIGGERS:
                _copy(one, reading, writing)
        for number, one in enumerate(tables):
            progress(0.7 + 0.3 * number / len(tables), f"Comparing {one.name}")
            before, after = _sum(one, reading), _sum(one, writing)
            if before != after:
                raise StorageError(
                    f"{one.name} has {after[0]:,} rows after the copy and had {before[0]:,}, or their content differs. "
                    "Nothing was moved. Run vitrine doctor, and report it."
                )
            rows[one.name] = before[0]
    return MoveReport(rows)


@contextmanager
def _unused(source: Database) -> Iterator[None]:
    lease = task_lease(source)
    if not lease.take():
        raise ConflictError("A server uses this database. Stop it, move, and start it with the new address.")
    try:
        yield
    finally:
        lease.release()


class _JsonText(TypeDecorator[str]):
    """JSON as its text, on PostgreSQL; a value that is null stays apart from one that is missing."""

    impl = Text
    cache_ok = True

    def bind_expression(self, bindvalue: BindParameter[Any]) -> ColumnElement[Any]:
        return cast(type_coerce(bindvalue, Text), JSON)

    def column_expression(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        return cast(column, Text)


def _plain(one: Table, session: Session) -> TableClause:
    """Return the table with its JSON as text: nothing is parsed and written in another way."""
    json_text = Text() if session.get_bind().dialect.name == "sqlite" else _JsonText()
    columns = (column(each.name, json_text if isinstance(each.type, JSON) else each.type) for each in one.columns)
    return table(one.name, *columns)


def _rows(one: Table, session: Session) -> Iterator[Sequence[Any]]:
    plain = _plain(one, session)
    ordered = select(plain).order_by(*(plain.c[key.name] for key in one.primary_key.columns))
    streamed = session.connection().execution_options(yield_per=_ROWS_PER_STATEMENT).execute(ordered)
    yield from streamed.partitions()


def _copy(one: Table, reading: Session, writing: Session) -> None:
    target, anew = _plain(one, writing), dict.fromkeys(_COUNTED_BY_TRIGGERS, 0)
    counted = {name: value for name, value in anew.items() if name in one.columns}
    for part in _rows(one, reading):
        writing.connection().execute(insert(target), [{**row._mapping, **counted} for row in part])
    if one.autoincrement_column is not None and writing.get_bind().dialect.name != "sqlite":
        key = one.autoincrement_column
        newest = select(func.max(key)).scalar_subquery()
        writing.execute(select(func.setval(func.pg_get_serial_sequence(one.name, key.name), newest)))


def _sum(one: Table, session: Session) -> tuple[int, str]:
    """Return the number of rows and the digest of their values, in the order of their keys."""
    names = [each.name for each in one.columns]
    compared = [at for at, name in enumerate(names) if name not in _COUNTED_BY_TRIGGERS]
    count, digest = 0, hashlib.sha256()
    for part in _rows(one, session):
        count += len(part)
        for row in part:
            digest.update(repr([row[at] for at in compared]).encode("utf-8", "surrogatepass"))
    return count, digest.hexdigest()
