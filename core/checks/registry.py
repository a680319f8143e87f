"""The checks of a dataset; a new one is its file and its line in ``_MODULES``."""

from functools import cache
from importlib import import_module

from core.checks.base import Check
from core.errors import InvalidInputError

_MODULES = ("guessable", "balance", "verifiable", "twins.measured", "worth", "tools")


@cache
def checks() -> dict[str, Check]:
    """Return the checks by name."""
    found: list[Check] = [import_module(f"{__package__}.{module}").CHECK for module in _MODULES]
    return {check.name: check for check in found}


def check_named(name: str) -> Check:
    """Return a check.

    Raises:
        InvalidInputError: there is none of this name.
    """
    if name not in checks():
        raise InvalidInputError(f"There is no check called {name}. Use one of {', '.join(checks())}.", field="check")
    return checks()[name]
