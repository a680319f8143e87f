"""JSON in SQL, where databases differ: whether an object has a key, whether a list has a value."""

from typing import Any

from sqlalchemy import String, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import ColumnElement, FunctionElement
from sqlalchemy.types import Boolean


class _HasKey(FunctionElement[bool]):
    type = Boolean()
    inherit_cache = True
    name = "json_has_key"


@compiles(_HasKey)
def _has_key_postgresql(element: _HasKey, compiler: Any, **options: Any) -> str:
    column, key = (compiler.process(clause, **options) for clause in element.clauses)
    return f"jsonb_exists(CAST({column} AS jsonb), {key})"


@compiles(_HasKey, "sqlite")
def _has_key_sqlite(element: _HasKey, compiler: Any, **options: Any) -> str:
    # json_type() tells a missing key (NULL) from a value that is null; json_extract() does not.
    column, key = (compiler.process(clause, **options) for clause in element.clauses)
    return f"(json_type({column}, '$.' || {key}) IS NOT NULL)"


def json_has_key(column: Any, key: str) -> ColumnElement[bool]:
    """Return the condition that the JSON object in *column* has *key*, with any value; *key* is a plain identifier."""
    return _HasKey(column, literal(key, String()))


class _IsIn(FunctionElement[bool]):
    type = Boolean()
    inherit_cache = True
    name = "json_is_in"


@compiles(_IsIn)
def _is_in_postgresql(element: _IsIn, compiler: Any, **options: Any) -> str:
    column, values = (compiler.process(clause, **options) for clause in element.clauses)
    return f"({column} IN (SELECT jsonb_array_elements_text(CAST({values} AS jsonb))))"


@compiles(_IsIn, "sqlite")
def _is_in_sqlite(element: _IsIn, compiler: Any, **options: Any) -> str:
    column, values = (compiler.process(clause, **options) for clause in element.clauses)
    return f"({column} IN (SELECT value FROM json_each({values})))"  # noqa: S608 - compiled clauses, no values


def is_in_json(column: Any, values: str) -> ColumnElement[bool]:
    """Return the condition that *column* is one of the texts of a JSON list: one parameter, however many they are."""
    return _IsIn(column, literal(values, String()))
