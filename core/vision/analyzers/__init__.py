"""The analyzers; one file each, and its line in ``_MODULES``."""

from functools import cache
from importlib import import_module

from core.errors import InvalidInputError
from core.vision.analyzers.base import Analyzer

_MODULES = ("text", "objects", "tags", "caption", "embedding", "provenance")


@cache
def analyzers() -> dict[str, Analyzer]:
    """Return all analyzers by name, in the order in which pages show them."""
    found = [import_module(f"{__name__}.{module}").ANALYZER for module in _MODULES]
    return {analyzer.name: analyzer for analyzer in found}


def analyzer(name: str) -> Analyzer:
    """Return the analyzer called *name*.

    Raises:
        InvalidInputError: there is none.
    """
    if name not in analyzers():
        raise InvalidInputError(
            f"There is no analyzer {name}. Choose from: {', '.join(analyzers())}.", field="analyzers"
        )
    return analyzers()[name]
