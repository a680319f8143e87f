"""Vitrine under its own name: ``import vitrine`` offers what ``core`` offers, ``python -m vitrine`` is the command.

In the checkout both names lead to the same modules. A wheel carries ``core`` and ``pages`` inside this package
(see ``hatch_build.py``), so that no module ``core`` of somebody else gets in its way.
"""

from typing import Any

import core

__doc__ = core.__doc__
__all__ = list(core.__all__)


def __getattr__(name: str) -> Any:
    return getattr(core, name)


def __dir__() -> list[str]:
    return dir(core)


def main() -> None:
    """Run the command line."""
    from core.cli import app

    app(prog_name="vitrine")


if __name__ == "__main__":
    main()
