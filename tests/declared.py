"""Reads the values of constants and defaults for a test that states them."""

from collections.abc import Iterable, Mapping
from importlib import import_module
from inspect import signature
from operator import attrgetter

from pydantic import BaseModel

_LIMITS = (
    "default", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength", "minItems",
    "maxItems",
)  # fmt: skip


def read(declared: Mapping[str, Mapping[str, object]]) -> dict[str, dict[str, object]]:
    """Return the constants that *declared* names, as they are in their modules."""
    return {
        module: {name: getattr(import_module(module), name) for name in values} for module, values in declared.items()
    }


def read_defaults(declared: Mapping[str, Mapping[str, object]]) -> dict[str, dict[str, object]]:
    """Return the defaults of the parameters and fields that *declared* names by ``module:function`` or ``:class``."""
    return {path: {name: _default(path, name) for name in values} for path, values in declared.items()}


def _default(path: str, name: str) -> object:
    module, called = path.split(":")
    found = attrgetter(called)(import_module(module))
    parameter = signature(found).parameters.get(name)
    return parameter.default if parameter is not None else getattr(found, name)


def read_limits(declared: Mapping[str, Mapping[str, object]]) -> dict[str, dict[str, object]]:
    """Return the defaults and bounds of the fields that *declared* names by ``module:Model``, from its schema."""
    return {path: {name: _limits(path, name) for name in fields} for path, fields in declared.items()}


def _limits(path: str, name: str) -> dict[str, object]:
    field = _model(path).model_json_schema()["properties"][name]
    alternatives = [field, *field.get("anyOf", ())]
    return {word: value for one in alternatives for word, value in one.items() if word in _LIMITS}


def are_frozen(paths: Iterable[str]) -> dict[str, bool]:
    """Return for each ``module:Model`` whether its fields cannot be set once it is made."""
    return {path: bool(_model(path).model_config.get("frozen")) for path in paths}


def _model(path: str) -> type[BaseModel]:
    module, name = path.split(":")
    found = getattr(import_module(module), name)
    assert issubclass(found, BaseModel)
    return found
