"""Reads the values of constants for a test that states them."""

from collections.abc import Mapping
from importlib import import_module


def read(declared: Mapping[str, Mapping[str, object]]) -> dict[str, dict[str, object]]:
    """Return the constants that *declared* names, as they are in their modules."""
    return {
        module: {name: getattr(import_module(module), name) for name in values} for module, values in declared.items()
    }
