"""Free space on the disk: work that fills it stops before it is full, because a full disk stops everything."""

import shutil
from pathlib import Path

from core.config import Settings
from core.errors import FullDiskError

LOW_BYTES = 2_000_000_000
"""With less, the pages and ``vitrine doctor`` warn."""


def free_bytes(path: Path) -> int:
    """Return the free space of the disk that *path* is, or will be, on."""
    absolute = path.absolute()
    return shutil.disk_usage(next(one for one in (absolute, *absolute.parents) if one.exists())).free


def require_space(settings: Settings) -> None:
    """Raise when the disk of the data directory has less free space than ``VITRINE_MIN_FREE_BYTES``.

    Raises:
        FullDiskError: it has less.
    """
    free = free_bytes(settings.data_dir)
    if free < settings.min_free_bytes:
        raise FullDiskError(
            f"The disk has only {free / 1e6:,.0f} MB left. Free some space, or lower VITRINE_MIN_FREE_BYTES."
        )
