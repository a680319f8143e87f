"""Checks JSON schemas, and documents against them.

Schemas and documents come from users and models. A short schema can take exponential time: a regular expression that
backtracks, or references that double at each level. :func:`is_cheap` says which pairs are checked in linear time; all
others are checked by a worker process with a time limit, see :mod:`core.questions.schema_check`. The functions take
texts, not values, because a deeply nested value cannot be pickled.
"""

import json
import re
from functools import lru_cache
from itertools import islice
from typing import Any, NamedTuple

MAX_SCHEMA_CHARS = 50_000
MAX_DEPTH = 64
"""Levels of nesting; the validator recurses once for each, and Python allows 1,000 frames."""

_MAX_MESSAGE_CHARS = 300
# The message comes from the best of the first errors; a document can have a million.
_MAX_ERRORS = 50
# Characters of the schema times those of the document. enum compares each item with each value, which takes 0.1 s here
# at worst; the worker answers in 0.5 ms when it is idle.
_CHEAP_PRODUCT = 1_000_000
_CHEAP_KEYWORDS = frozenset({
    "$comment", "$schema", "additionalProperties", "const", "default", "deprecated", "description", "enum", "examples",
    "exclusiveMaximum", "exclusiveMinimum", "format", "items", "maxItems", "maxLength", "maxProperties", "maximum",
    "minItems", "minLength", "minProperties", "minimum", "properties", "readOnly", "required", "title", "type",
    "writeOnly",
})  # fmt: skip
# The validator trusts its schema: beside its own errors it raises whatever Python raises.
_PYTHON_ERRORS = (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError, re.error)
# A new schema is tried with one document of each type: a reference that leads back to itself never ends.
_TRIALS: tuple[Any, ...] = (None, True, 0, "", [], {})


class Problem(NamedTuple):
    """Why a schema or a document is refused: a sentence, and the field it is about."""

    message: str
    field: str


class _RefusedError(Exception):
    pass


def document_problem(text: str) -> Problem | None:
    """Return why *text* is not a JSON document that can be stored, None when it is one."""
    try:
        _parse(text)
    except _RefusedError as refused:
        return Problem(f"This answer is not usable JSON: {refused}. Correct it or change its type.", "answer")
    return None


def schema_problem(schema_text: str) -> Problem | None:
    """Return why *schema_text* is not a JSON schema that can be checked, None when it is one."""
    try:
        validator = _validator(schema_text)
        for document in _TRIALS:
            next(validator.iter_errors(document), None)
    except _errors() as error:
        return _schema_problem(error)
    return None


def breach(schema_text: str, document_text: str) -> Problem | None:
    """Return how a document breaks a schema, or why the two cannot be compared; None when the document satisfies it.

    The document must have passed :func:`document_problem`.
    """
    from jsonschema.exceptions import best_match

    try:
        errors = _validator(schema_text).iter_errors(_parse(document_text))
        worst = best_match(islice(errors, _MAX_ERRORS))
    except _errors() as error:
        return _schema_problem(error)
    if worst is None:
        return None
    where = "/".join(str(part) for part in worst.absolute_path) or "the document"
    return Problem(f"The answer breaks its schema at {_shorten(where)}: {_shorten(worst.message)}.", "answer")


def is_cheap(schema_text: str, document_text: str) -> bool:
    """Return whether a check is fast whatever the texts contain: small, and without patterns, references or unions."""
    return len(schema_text) * len(document_text) <= _CHEAP_PRODUCT and _has_only_cheap_keywords(schema_text)


@lru_cache(maxsize=256)
def _has_only_cheap_keywords(schema_text: str) -> bool:
    try:
        pending = [_parse(schema_text)]
    except _RefusedError:
        return True  # refusing it is cheap
    while pending:
        schema = pending.pop()
        if not isinstance(schema, dict):
            continue
        if not schema.keys() <= _CHEAP_KEYWORDS:
            return False
        properties = schema.get("properties")
        pending += properties.values() if isinstance(properties, dict) else ()
        pending += [schema.get("items"), schema.get("additionalProperties")]
    return True


@lru_cache(maxsize=64)
def _validator(schema_text: str) -> Any:
    """Return the validator of a schema; checking the schema takes ten times as long as checking a document."""
    from jsonschema import Draft202012Validator
    from referencing import Registry
    from referencing.jsonschema import DRAFT202012

    if len(schema_text) > MAX_SCHEMA_CHARS:
        raise _RefusedError(f"it is longer than {MAX_SCHEMA_CHARS:,} characters")
    schema = _parse(schema_text)
    Draft202012Validator.check_schema(schema)
    # With the default registry the library would fetch references to other addresses (SSRF).
    registry: Any = Registry()
    resource = DRAFT202012.create_resource(schema)
    pending = [(resource, registry.resolver_with_root(resource))]
    while pending:
        part, resolver = pending.pop()
        if isinstance(part.contents, dict) and isinstance(reference := part.contents.get("$ref"), str):
            resolver.lookup(reference)
        pending += [(inner, resolver.in_subresource(inner)) for inner in part.subresources()]
    return Draft202012Validator(schema, registry=registry)


def _parse(text: str) -> Any:
    def refuse_constant(name: str) -> Any:
        raise _RefusedError(f"{name} is not a number of JSON")

    try:
        value = json.loads(text, parse_constant=refuse_constant)
    except RecursionError:
        raise _RefusedError(_TOO_DEEP) from None
    except ValueError as error:
        raise _RefusedError(str(error)) from None
    level, depth = [[value]], 0
    while level := [inner for outer in level for inner in _inner(outer)]:
        depth += 1
        if depth > MAX_DEPTH:
            raise _RefusedError(_TOO_DEEP)
    return value


_TOO_DEEP = f"it is nested more than {MAX_DEPTH} levels deep"


def _inner(value: Any) -> list[Any]:
    """Return the lists and objects directly inside of a list or an object."""
    if isinstance(value, dict):
        value = value.values()
    return [inner for inner in value if isinstance(inner, dict | list)]


def _errors() -> tuple[type[Exception], ...]:
    from jsonschema.exceptions import SchemaError, UndefinedTypeCheck, UnknownType
    from referencing.exceptions import Unresolvable

    return (_RefusedError, SchemaError, UndefinedTypeCheck, UnknownType, Unresolvable, *_PYTHON_ERRORS)


def _schema_problem(error: Exception) -> Problem:
    from jsonschema.exceptions import SchemaError, UndefinedTypeCheck, UnknownType
    from referencing.exceptions import Unresolvable

    if isinstance(error, _RefusedError):
        return Problem(f"This is not a JSON schema: {error}. Correct it.", "options")
    if isinstance(error, SchemaError):
        where = "/".join(str(part) for part in error.absolute_path)
        at = f" at {_shorten(where)}" if where else ""
        return Problem(f"This is not a JSON schema{at}: {_shorten(error.message)}.", "options")
    if isinstance(error, Unresolvable):
        message = f"The schema refers to {_shorten(str(error.ref))}, which is not in it. Add it to the schema."
        return Problem(message, "options")
    if isinstance(error, UnknownType | UndefinedTypeCheck):
        return Problem(
            "The schema names a type that JSON does not have. Use object, array, string or number.", "options"
        )
    if isinstance(error, RecursionError):
        return Problem("The schema refers back to itself without an end. Take the circle out of it.", "options")
    if isinstance(error, ArithmeticError):
        return Problem("The schema compares numbers that are too large to divide. Leave multipleOf out.", "options")
    return Problem(
        f"The schema cannot be checked ({type(error).__name__}). Correct it, or use a simpler one.", "options"
    )


def _shorten(text: str) -> str:
    flat = " ".join(text.split()).rstrip(".")
    return flat if len(flat) <= _MAX_MESSAGE_CHARS else flat[: _MAX_MESSAGE_CHARS - 1] + "…"
