"""The checks that ask models; a new one is its file and its line in ``_MODULES``."""

from functools import cache
from importlib import import_module

from core.checks.asking.base import AskingCheck
from core.errors import InvalidInputError

_MODULES: tuple[str, ...] = ("arena", "second_opinion", "consensus", "judge", "ratings")


@cache
def asking_checks() -> dict[str, AskingCheck]:
    """Return the checks by name."""
    found: list[AskingCheck] = [import_module(f"{__package__}.{module}").CHECK for module in _MODULES]
    return {check.name: check for check in found}


def asking_check(name: str) -> AskingCheck:
    """Return a check.

    Raises:
        InvalidInputError: there is none of this name.
    """
    found = asking_checks()
    if name not in found:
        raise InvalidInputError(f"No check called {name} asks models. Use one of {', '.join(found)}.", field="check")
    return found[name]
