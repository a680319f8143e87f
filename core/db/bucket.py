"""Dividing rows into equal parts by two random characters of their id; the SQL differs between databases."""

from typing import Any

from sqlalchemy import literal_column
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import ColumnElement, FunctionElement
from sqlalchemy.types import Integer

from core.db.base import ID_ALPHABET

BUCKETS = 64 * 64


class _Bucket(FunctionElement[int]):
    type = Integer()
    inherit_cache = True
    name = "bucket"


@compiles(_Bucket)
def _by_strpos(element: _Bucket, compiler: Any, **options: Any) -> str:
    return _sum("strpos", element, compiler, options)


@compiles(_Bucket, "sqlite")
def _by_instr(element: _Bucket, compiler: Any, **options: Any) -> str:
    return _sum("instr", element, compiler, options)


def _sum(find: str, element: _Bucket, compiler: Any, options: Any) -> str:
    column, place = (compiler.process(clause, **options) for clause in element.clauses)
    first, second = (f"{find}('{ID_ALPHABET}', substr({column}, {place} + {step}, 1)) - 1" for step in (0, 1))
    return f"(({first}) * 64 + {second})"


def bucket(id_column: Any, place: int) -> ColumnElement[int]:
    """Return an SQL expression for a uniform number from 0 to 4095, made of two characters of an id.

    Args:
        place: position of the first of the two characters, 3 to 20; different positions give independent numbers. The
            first two characters of an id are of the time and therefore not uniform.
    """
    if not 3 <= place <= 20:
        raise ValueError("place must be 3 to 20")
    return _Bucket(id_column, literal_column(str(place)))
