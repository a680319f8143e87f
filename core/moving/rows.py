"""The rows of a table in an archive: one JSON object a line, checked before anything of it is used."""

import base64
import hashlib
import json
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import orjson
from pydantic import AwareDatetime, Base64Bytes, BaseModel, ConfigDict, Field, ValidationError, create_model
from sqlalchemy import JSON, literal_column, select
from sqlalchemy.engine import Dialect
from sqlmodel import Session

from core.errors import InvalidInputError
from core.moving.contents import MovedTable
from core.moving.manifest import OpenedArchive, TableSums, table_file
from core.projects import MAX_NAME_CHARS
from core.tasks import TaskStatus

PART_ROWS = 2000
"""Rows of a transaction, unless they are large."""
_READ_ROWS = 1000
_MAX_ROW_BYTES = 64_000_000
# A value of JSON takes 3 bytes of text ("[],") and 80 of memory: of a row, and of the rows that are read together.
_MAX_ROW_VALUES = 1_000_000
_MAX_PART_WEIGHT, _WEIGHT_OF_VALUE = 32_000_000, 32
_Id = Annotated[str, Field(pattern=r"^[0-9A-Za-z_-]{1,64}$")]
_Ids = Annotated[str, Field(pattern=r"^([0-9A-Za-z_-]{1,64}(,[0-9A-Za-z_-]{1,64})*)?$")]
_Int = Annotated[int, Field(ge=-(1 << 63), lt=1 << 63)]
_Float = Annotated[float, Field(allow_inf_nan=False)]

_Side = Annotated[int, Field(ge=0, lt=1 << 31)] | None
_Amount = Annotated[int, Field(ge=0, lt=1 << 63)] | None
_Cost = Annotated[float, Field(ge=0, allow_inf_nan=False)] | None

# Values that the pages and services take for granted.
_STRICTER: dict[tuple[str, str], Any] = {
    ("tasks", "status"): Literal[tuple(status.value for status in TaskStatus)],
    ("task_items", "state"): Literal["queued", "running", "done", "failed"],
    ("projects", "name"): Annotated[str, Field(min_length=1, max_length=MAX_NAME_CHARS)],
    ("model_profiles", "name"): Annotated[str, Field(min_length=1, max_length=MAX_NAME_CHARS)],
    ("llm_calls", "prompt_tokens"): _Amount,
    ("llm_calls", "completion_tokens"): _Amount,
    ("llm_calls", "cost"): _Cost,
    ("generated_images", "cost"): _Cost,
    ("llm_calls", "state"): Literal["started", "ok", "failed", "unknown"],
    ("images", "sha256"): Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")],
    ("images", "format"): Literal["JPEG", "PNG", "WEBP"],
    ("images", "dhash"): Annotated[str, Field(pattern=r"^([0-9a-f]{16})?$")],
    ("images", "width"): _Side,
    ("images", "height"): _Side,
    ("images", "size"): Annotated[int, Field(ge=0, lt=1 << 63)],
    ("images", "visibility"): Literal["library", "hidden"],
    ("image_datasets", "answer_type"): Literal["text", "label", "custom_format"],
    ("image_datasets", "origin"): Literal["", "imported"],
    ("image_datasets", "score"): Annotated[float, Field(ge=0, le=5)],
    ("review_plans", "assignment"): Literal["all", "shared", "divided"],
}


def copy_rows(session: Session, table: MovedTable, project_id: str, path: Path) -> None:
    """Copy the rows of *table* that belong to a project to a file, as the driver of the database returns them.

    With the rollback journal of SQLite nobody can commit while a transaction reads, so nothing else is done in it:
    80,000 rows take 0.7 s, and another 0.9 s to become the lines of an archive.
    """
    columns = table.row.__table__.c  # type: ignore[attr-defined]
    # Without a type of its own a column is not converted; the driver of PostgreSQL would still parse JSON.
    is_server = session.get_bind().dialect.name != "sqlite"
    texts = {name for name in table.carried if is_server and isinstance(columns[name].type, JSON)}
    raw: list[Any] = [
        literal_column(f"{table.name}.{name}" + ("::text" if name in texts else "")) for name in table.carried
    ]
    query = select(*raw).select_from(table.row).where(table.belongs(project_id)).order_by(columns[table.key])
    rows = session.execute(query, execution_options={"yield_per": _READ_ROWS})
    with path.open("wb", buffering=1 << 20) as file:
        for part in rows.partitions():
            file.writelines(orjson.dumps(tuple(row), _as_base64, orjson.OPT_APPEND_NEWLINE) for row in part)


def _as_base64(value: bytes) -> str:
    return base64.b64encode(value).decode()


def write_rows(table: MovedTable, dialect: Dialect, copied: Path, path: Path) -> TableSums:
    """Write the rows that :func:`copy_rows` has copied as lines of an archive, and return their sums."""
    converters = _converters(table, dialect)
    digest, count, size_bytes = hashlib.sha256(), 0, 0
    with copied.open("rb", buffering=1 << 20) as source, path.open("wb", buffering=1 << 20) as file:
        for raw in source:
            values = dict(zip(table.carried, orjson.loads(raw), strict=True))
            for name, convert in converters.items():
                values[name] = convert(values[name])
            line = _line(values)
            digest.update(line)
            file.write(line)
            count, size_bytes = count + 1, size_bytes + len(line)
    return TableSums(rows=count, bytes=size_bytes, sha256=digest.hexdigest())


def _converters(table: MovedTable, dialect: Dialect) -> dict[str, Callable[[Any], Any]]:
    """Return what turns copied values into those of a row; on PostgreSQL only JSON differs."""
    columns = table.row.__table__.c  # type: ignore[attr-defined]
    if dialect.name != "sqlite":
        return {name: _parsed for name in table.carried if isinstance(columns[name].type, JSON)}
    found = {name: columns[name].type.dialect_impl(dialect).result_processor(dialect, None) for name in table.carried}
    return {name: convert for name, convert in found.items() if convert is not None}


def _parsed(value: str | None) -> Any:
    return None if value is None else json.loads(value)


def _line(values: dict[str, Any]) -> bytes:
    try:
        return orjson.dumps(values, option=orjson.OPT_APPEND_NEWLINE)
    except TypeError:  # JSON values with integers beyond 64 bits, or with half of a surrogate pair
        return json.dumps(values, default=datetime.isoformat).encode() + b"\n"


def read_rows(archive: OpenedArchive, table: MovedTable) -> Iterator[dict[str, Any]]:
    """Yield the rows of *table*; see :func:`read_parts`."""
    for part in read_parts(archive, table):
        yield from part


def read_parts(
    archive: OpenedArchive, table: MovedTable, *, skip: int = 0, max_rows: int = PART_ROWS
) -> Iterator[list[dict[str, Any]]]:
    """Yield the rows of *table* in parts, which are the same each time; a column that is missing has its default.

    Args:
        skip: leave out the parts with the first rows, as many as these.
        max_rows: of a part; it has fewer when they are large, so that it fits into memory.

    Raises:
        InvalidInputError: a row is damaged, or the file is not the one that the manifest states; the latter is known
            at the end.
    """
    model, part, rows, weight = _model(table), list[dict[str, Any]](), 0, 0
    for number, line in enumerate(_lines(archive, table), 1):
        values = line.count(b",")
        line_weight = len(line) + _WEIGHT_OF_VALUE * values
        if rows == max_rows or (rows and weight + line_weight > _MAX_PART_WEIGHT):
            if part:
                yield part
            part, rows, weight = [], 0, 0
        rows, weight = rows + 1, weight + line_weight
        if len(line) >= _MAX_ROW_BYTES or values > _MAX_ROW_VALUES:
            raise _unusable(table.name, number, "it is larger than any row of a project")
        if number > skip:
            part.append(_values(model, line, table.name, number))
    if part:
        yield part


def _lines(archive: OpenedArchive, table: MovedTable) -> Iterator[bytes]:
    sums = archive.manifest.tables.get(table.name)
    if sums is None:
        return
    digest, number, size_bytes = hashlib.sha256(), 0, 0
    with archive.files.open(table_file(table.name), sums.bytes) as source:
        while line := source.readline(_MAX_ROW_BYTES):
            digest.update(line)
            number, size_bytes = number + 1, size_bytes + len(line)
            yield line
    if (number, size_bytes, digest.hexdigest()) != (sums.rows, sums.bytes, sums.sha256):
        raise InvalidInputError(
            f"The sum of {table_file(table.name)} is wrong: the archive was changed or damaged. Export the project "
            "again."
        )


def _values(model: type[BaseModel], line: bytes, table: str, number: int) -> dict[str, Any]:
    try:
        return dict(model.model_validate(_DECODER.decode(line.decode())).__dict__)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        why = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    except (ValueError, RecursionError):
        why = "it is not JSON"
    raise _unusable(table, number, why)


def _unusable(table: str, number: int, why: str) -> InvalidInputError:
    return InvalidInputError(
        f"Row {number:,} of {table_file(table)} cannot be used ({why[:200]}). Export the project again."
    )


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


# orjson would turn integers beyond 64 bits into floats.
_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)


@cache
def _model(table: MovedTable) -> type[BaseModel]:
    """Return the model of a row, with the types and defaults of the table."""
    columns: dict[str, Any] = {}
    for name in table.carried:
        column = table.row.model_fields[name]
        columns[name] = (_type(table, name, column.annotation), ... if column.is_required() else _default(column))
    # A column may be called like a method of pydantic's models.
    return create_model(table.row.__name__, __config__=ConfigDict(extra="forbid", protected_namespaces=()), **columns)


def _default(column: Any) -> Any:
    return Field(default_factory=column.default_factory) if column.default_factory else column.default


def _type(table: MovedTable, name: str, annotation: Any) -> Any:
    if (stricter := _STRICTER.get((table.name, name))) is not None:
        return stricter
    if name == table.key and name in table.numbers:
        return _Int
    if name in table.ids:
        return _Ids if name == "more_image_ids" else _optional(_Id, annotation)
    return _loosened(annotation)


_LOOSENED: dict[Any, Any] = {datetime: AwareDatetime, int: _Int, float: _Float, bytes: Base64Bytes}


def _loosened(annotation: Any) -> Any:
    """Return the type that a value must have in an archive, for example times with a zone and bytes as base64."""
    if annotation in _LOOSENED:
        return _LOOSENED[annotation]
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin in (Union, UnionType):
        return Union[tuple(map(_loosened, inner))]  # noqa: UP007 - made at run time
    if origin is list:
        return list[Any] if inner[0] is str else list[_loosened(inner[0])]  # type: ignore[misc]
    return dict[str, _loosened(inner[1])] if origin is dict else annotation  # type: ignore[misc]


def _optional(type_: Any, annotation: Any) -> Any:
    return type_ | None if NoneType in get_args(annotation) else type_
