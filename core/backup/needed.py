"""Which originals a backup needs, whichever database it is of."""

from collections.abc import Iterator
from pathlib import Path

from core.backup.database_copy import originals_in
from core.backup.layout import DATABASE, DUMP
from core.backup.server_copy import listed_originals


def needed_originals(directory: Path) -> Iterator[tuple[str, int]]:
    """Yield the path and the size in bytes of each original that the rows of a backup need, deleted ones included.

    Raises:
        StorageError: the backup cannot be read.
    """
    return listed_originals(directory) if (directory / DUMP).exists() else originals_in(directory / DATABASE)
