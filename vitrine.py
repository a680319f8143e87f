"""Vitrine under its own name: ``import vitrine`` offers what ``core`` offers, ``python -m vitrine`` is the command.

In the checkout both names lead to the same modules. A wheel carries ``core`` and ``pages`` inside this package
(see ``hatch_build.py``), so that no module ``core`` of somebody else gets in its way.
"""

import errno
import io
import sys
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

    write_what_the_terminal_lacks_as_escapes()
    try:
        try:
            app(prog_name="vitrine")
        finally:
            sys.stdout.flush()
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        sys.stdout = io.StringIO()  # the interpreter flushes it at its end
        sys.exit("The output cannot be written: no space is left where it goes. Free some space there, then try again.")


def write_what_the_terminal_lacks_as_escapes() -> None:
    """Let standard output take every text: where its encoding is Latin-1, 日 is written as ``\\u65e5``."""
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors == "strict":
        sys.stdout.reconfigure(errors="backslashreplace")


if __name__ == "__main__":
    main()
