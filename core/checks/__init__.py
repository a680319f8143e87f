"""Whether a dataset is worth training on: checks that say something of each entry, and of all of them together.

Names are imported lazily: a module loads when one of its names is used.
"""

from typing import TYPE_CHECKING, Any

from core.lazy import lazy_import

if TYPE_CHECKING:
    from core.checks.asking.task import AskedCheckTask
    from core.checks.measures import Guessability, Pruning, Verifiability
    from core.checks.service import DatasetChecks
    from core.checks.task import DatasetCheckTask
    from core.checks.twins.service import TwinService

_MODULES = {
    "AskedCheckTask": "asking.task",
    "DatasetCheckTask": "task",
    "DatasetChecks": "service",
    "TwinService": "twins.service",
    **dict.fromkeys(("Guessability", "Pruning", "Verifiability"), "measures"),
}

__all__ = [
    "AskedCheckTask",
    "DatasetCheckTask",
    "DatasetChecks",
    "Guessability",
    "Pruning",
    "TwinService",
    "Verifiability",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module 'core.checks' has no attribute {name!r}")
    return getattr(lazy_import(f"{__name__}.{_MODULES[name]}"), name)
