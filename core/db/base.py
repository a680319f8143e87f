"""What every table is made of: its base, its ids and times.

Every id is 21 URL-safe characters that cannot be guessed; times are UTC and aware. A row with ``deleted_at``
is gone for every reader but can be brought back. Column names of the promised interface
(``create_at``, ``update_at``, ``image_name``, ...) stay as they are.
"""

import secrets
from datetime import UTC, datetime
from functools import cache
from typing import Any

from sqlalchemy import JSON, DateTime, TypeDecorator, text
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

ID_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_"


def new_id() -> str:
    """Return 21 random URL-safe characters: 126 bits, the size of a nanoid.

    The first is a letter or a digit, so that no id is taken for a command's option or a sheet's formula.
    """
    first, *others = secrets.token_bytes(21)
    return ID_ALPHABET[first % 62] + "".join(ID_ALPHABET[byte & 63] for byte in others)


def utc_now() -> datetime:
    return datetime.now(UTC)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC time; SQLite keeps no zone, so it is added back on the way out."""

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


class Base(SQLModel, registry=registry()):
    """The root of the tables.

    A registry of its own lets hot reload import this module a second time; SQLModel's shared one would refuse
    tables that it already knows.
    """


def new_values(table: type[Base], **given: Any) -> dict[str, Any]:
    """Return the values of a new row with its defaults: what the table's class would hold, in a tenth of the time."""
    constants, factories = _defaults(table)
    return {**constants, **{name: make() for name, make in factories.items() if name not in given}, **given}


@cache
def _defaults(table: type[Base]) -> tuple[dict[str, Any], dict[str, Any]]:
    fields = table.model_fields
    factories = {name: field.default_factory for name, field in fields.items() if field.default_factory}
    return {name: f.default for name, f in fields.items() if not (f.default_factory or f.is_required())}, factories


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
