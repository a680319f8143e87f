"""Files that run a program when a reader unpickles them."""

import io
from pathlib import Path
from typing import Any

import numpy as np


class _Planted:
    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> Any:
        return Path.touch, (self.marker,)


def npz_that_touches(marker: Path, *names: str) -> bytes:
    """Return an ``.npz`` file whose arrays of these names create *marker* when they are unpickled."""
    file = io.BytesIO()
    np.savez(file, **{name: np.array([_Planted(marker)], dtype=object) for name in names})  # type: ignore[arg-type]
    return file.getvalue()
