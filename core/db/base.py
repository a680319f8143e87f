"""The base class of the tables, their ids and times.

Every id is 21 URL-safe characters, see :func:`new_id`; times are UTC and time zone aware. A row with ``deleted_at`` is
soft-deleted: no query returns it, and it can be restored. Column names of the public API (``create_at``, ``update_at``,
``image_name``, ...) stay as they are.
"""

import secrets
import time
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

from sqlalchemy import JSON, BigInteger, DateTime, Integer, MetaData, TypeDecorator, inspect, text
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import make_transient_to_detached, registry
from sqlalchemy.orm.attributes import set_committed_value
from sqlmodel import Field, SQLModel

from core.lazy import lazy_import

ID_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_"


def new_id() -> str:
    """Return 21 URL-safe characters, the size of a nanoid: two of the current time, the others random (114 bits).

    Rows that come in together are neighbors in all indexes that way. With random ids alone each entry changes pages
    of its own in five large indexes: storing it took 1.4 times as long, and longer with every further entry. The time
    is in sixteenths of a second and begins anew every four minutes.

    The first one is a letter or a digit: an id that begins with a dash is read as a command line option, and one that
    begins with a minus sign as a spreadsheet formula.
    """
    first, second = divmod(int(time.time() * 16) % (62 * 64), 64)
    return "".join(ID_ALPHABET[at] for at in (first, second, *(byte & 63 for byte in secrets.token_bytes(19))))


def utc_now() -> datetime:
    return datetime.now(UTC)


class UtcDateTime(TypeDecorator[datetime]):
    """A time zone aware UTC time; SQLite stores no zone, so it is added when a value is read."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("times must carry a time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value if value is None or value.tzinfo else value.replace(tzinfo=UTC)


_NOT_SHOWN: tuple[Any, ...] = (None, "", [], {})
_MAX_SHOWN_CHARS, _MAX_SHOWN_ITEMS = 100, 5


class Base(SQLModel, registry=registry()):
    """The base class of the tables.

    It has its own registry because hot reload imports this module a second time: SQLModel's shared registry refuses
    a table that it already knows.
    """

    # SQLModel does not validate the rows of tables, so pydantic makes their validators when somebody asks for one:
    # those of 47 tables took 6 to 11 percent of the import of core.services.
    model_config = {"defer_build": True}

    def __repr_args__(self) -> list[tuple[str | None, Any]]:
        """Return what ``repr`` shows: the columns that have a value, in their order; long ones are cut."""
        loaded = self.__dict__
        names = [name for name in type(self).model_fields if name in loaded and loaded[name] not in _NOT_SHOWN]
        return [(name, _Shown(loaded[name])) for name in names]

    def __str__(self) -> str:
        return repr(self)

    def _repr_html_(self) -> str:
        """Return how a notebook shows the row; by name, because what shows images is above this room."""
        shown: str = lazy_import("core.notebook.html").rows_html([self])
        return shown


class _Shown:
    """A value in the ``repr`` of a row: short, because notebooks and logs show it."""

    def __init__(self, value: Any) -> None:
        self._value = value

    def __repr__(self) -> str:
        value = self._value
        if isinstance(value, datetime):
            return f"{value:%Y-%m-%d %H:%M:%S}"
        if isinstance(value, str):
            return repr(value if len(value) <= _MAX_SHOWN_CHARS else f"{value[:_MAX_SHOWN_CHARS]}…")
        if isinstance(value, dict) and value:
            return f"{{{', '.join(f'{name}: {_Shown(one)!r}' for name, one in value.items())}}}"[: 2 * _MAX_SHOWN_CHARS]
        if isinstance(value, list) and len(value) > _MAX_SHOWN_ITEMS:
            return f"[{len(value):,} items]"
        return repr(value)


def copy_rows(value: Any) -> Any:
    """Return *value* with a detached copy of each row in it; looks into lists, tuples, dicts and dataclasses.

    JSON values are shared by the copies.
    """
    if isinstance(value, Base):
        return _copy_of_row(value)
    if isinstance(value, list | tuple):
        return type(value)(map(copy_rows, value))
    if isinstance(value, dict):
        return {key: copy_rows(item) for key, item in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        rows = {field.name: row for field in fields(value) if isinstance(row := getattr(value, field.name), Base)}
        return replace(value, **{name: _copy_of_row(row) for name, row in rows.items()}) if rows else value
    return value


def _copy_of_row(row: Base) -> Base:
    state = inspect(row)
    copied: Base = state.mapper.class_manager.new_instance()
    for name, loaded in state.dict.items():
        if name in state.mapper.attrs:
            set_committed_value(copied, name, loaded)
    if state.key is not None:
        make_transient_to_detached(copied)
    return copied


def new_values(table: type[Base], **given: Any) -> dict[str, Any]:
    """Return the column values of a new row, defaults included; ten times as fast as building the row object."""
    constants, factories = _defaults(table)
    return {**constants, **{name: make() for name, make in factories.items() if name not in given}, **given}


@cache
def _defaults(table: type[Base]) -> tuple[dict[str, Any], dict[str, Any]]:
    columns = table.model_fields
    factories = {name: field.default_factory for name, field in columns.items() if field.default_factory}
    return {name: f.default for name, f in columns.items() if not (f.default_factory or f.is_required())}, factories


def id_field() -> Any:
    return Field(default_factory=new_id, primary_key=True, max_length=21)


def time_field(*, now: bool = True, touch: bool = False) -> Any:
    extra = {"onupdate": utc_now} if touch else {}
    if now:
        return Field(default_factory=utc_now, sa_type=UtcDateTime, sa_column_kwargs=extra)
    return Field(default=None, sa_type=UtcDateTime, nullable=True)


def json_field(default: Any) -> Any:
    return Field(default_factory=lambda: default() if callable(default) else default, sa_type=JSON)


ALIVE = text("deleted_at IS NULL")


def hold_64_bits(tables: MetaData) -> None:
    """Make integers of 64 bits of those of *tables*, where a database has two sizes of them: PostgreSQL has."""
    for table in tables.tables.values():
        for column in table.columns:
            if type(column.type) is Integer:
                column.type = BigInteger().with_variant(Integer(), "sqlite")
