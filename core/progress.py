"""The progress of long calls from Python: told to a callback, shown as a bar, or not at all."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

Progress = Callable[[float, str], None]
"""Is called with the share that is done (0 to 1) and the current step in words."""
ShowProgress = Progress | bool | None
"""A callback; True for a bar, False for none, None for a bar in notebooks only."""


def ignore(_share: float, _step: str) -> None:
    """Show nothing."""


@contextmanager
def shown(progress: ShowProgress, label: str) -> Iterator[Progress]:
    """Yield the function that tells the progress of *label*, such as "Importing"; a bar closes with the block."""
    if progress is not None and not isinstance(progress, bool):
        yield progress
    elif progress or (progress is None and in_notebook()):
        with _Bar(label) as bar:
            yield bar
    else:
        yield ignore


def in_notebook() -> bool:
    """Return whether this code runs in a kernel of Jupyter."""
    ipython = sys.modules.get("IPython")
    shell: Any = ipython.get_ipython() if ipython is not None and hasattr(ipython, "get_ipython") else None
    return shell is not None and hasattr(shell, "kernel")


class _Bar:
    """A bar of tqdm: widgets where the notebook has them, else text."""

    def __init__(self, label: str) -> None:
        from tqdm.auto import tqdm

        self._bar = tqdm(total=100, desc=label, unit="", bar_format="{desc} {percentage:3.0f}% |{bar}| {unit}")
        self._told: tuple[float, str] | None = None

    def __enter__(self) -> "_Bar":
        return self

    def __exit__(self, *_error: object) -> None:
        self._bar.close()

    def __call__(self, share: float, step: str) -> None:
        if (share, step) == self._told:
            return  # each line that is written anew is an output of the cell
        self._told = share, step
        self._bar.unit = step
        self._bar.n = max(self._bar.n, 100 * min(share, 1.0))
        self._bar.refresh()
