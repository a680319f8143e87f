"""Searching for a part of a text, where databases differ."""

from typing import Any

from sqlalchemy import String, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import ColumnElement, FunctionElement
from sqlalchemy.types import Boolean


class _HoldsText(FunctionElement[bool]):
    type = Boolean()
    inherit_cache = True
    name = "holds_text"


@compiles(_HoldsText)
def _by_ilike(element: _HoldsText, compiler: Any, **options: Any) -> str:
    column, pattern = element.clauses
    return f"{compiler.process(column, **options)} ILIKE {compiler.process(pattern, **options)} ESCAPE '/'"


@compiles(_HoldsText, "sqlite")
def _by_like(element: _HoldsText, compiler: Any, **options: Any) -> str:
    # LIKE ignores case there by itself; lower() on both sides takes twice as long.
    column, pattern = element.clauses
    return f"{compiler.process(column, **options)} LIKE {compiler.process(pattern, **options)} ESCAPE '/'"


def holds_text(column: Any, text: str) -> ColumnElement[bool]:
    """Whether *column* has *text* in it; upper and lower case of a to z are the same."""
    escaped = text.replace("/", "//").replace("%", "/%").replace("_", "/_")
    return _HoldsText(column, literal(f"%{escaped}%", String()))
