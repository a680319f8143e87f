"""Moving finished files into the cache, from which others may be removed at any time."""

from contextlib import suppress
from pathlib import Path

_ATTEMPTS = 5


def place(file: Path, target: Path) -> None:
    """Move *file* to *target*; its directory is made, and made again when it is removed just then.

    Raises:
        OSError: the disk is full or broken.
    """
    for _ in range(_ATTEMPTS):
        target.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            file.replace(target)
            return
    file.replace(target)
