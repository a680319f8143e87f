"""Reads the values of constants and defaults for a test that states them."""

from collections.abc import Mapping
from importlib import import_module
from inspect import signature
from operator import attrgetter


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
