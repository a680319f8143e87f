"""The keys of a JSON object in SQL, where databases differ."""

from typing import Any

from sqlalchemy import String, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import ColumnElement, FunctionElement
from sqlalchemy.types import Boolean


class _HasKey(FunctionElement[bool]):
    type = Boolean()
    inherit_cache = True
    name = "json_has_key"


class _Keys(FunctionElement[str]):
    type = String()
    inherit_cache = True
    name = "json_keys"


@compiles(_HasKey)
def _has_key_postgresql(element: _HasKey, compiler: Any, **options: Any) -> str:
    column, key = (compiler.process(clause, **options) for clause in element.clauses)
    return f"jsonb_exists(CAST({column} AS jsonb), {key})"


@compiles(_HasKey, "sqlite")
def _has_key_sqlite(element: _HasKey, compiler: Any, **options: Any) -> str:
    # json_type() tells a missing key (NULL) from a value that is null; json_extract() does not.
    column, key = (compiler.process(clause, **options) for clause in element.clauses)
    return f"(json_type({column}, '$.' || {key}) IS NOT NULL)"


@compiles(_Keys)
def _keys_postgresql(element: _Keys, compiler: Any, **options: Any) -> str:
    (column,) = (compiler.process(clause, **options) for clause in element.clauses)
    return f"coalesce((SELECT string_agg(key, ',') FROM json_object_keys({column}) AS key), '')"  # noqa: S608 - a column of ours


@compiles(_Keys, "sqlite")
def _keys_sqlite(element: _Keys, compiler: Any, **options: Any) -> str:
    (column,) = (compiler.process(clause, **options) for clause in element.clauses)
    return f"coalesce((SELECT group_concat(key, ',') FROM json_each({column})), '')"  # noqa: S608 - a column of ours


def json_has_key(column: Any, key: str) -> ColumnElement[bool]:
    """Return the condition that the JSON object in *column* has *key*, with any value; *key* is a plain identifier."""
    return _HasKey(column, literal(key, String()))


def json_keys(column: Any) -> ColumnElement[str]:
    """Return the keys of the JSON object in *column*, comma-separated in their stored order."""
    return _Keys(column)
