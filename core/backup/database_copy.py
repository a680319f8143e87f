"""Copying a SQLite database that is in use, and reading the copy."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import make_url

from core.config import Settings
from core.db.database import BUSY_TIMEOUT_S, DATABASE_NAME
from core.errors import ConfigurationError, StorageError

# 20 MB at a time; between two steps others may write.
_PAGES_PER_STEP = 5_000
_MAX_RESTARTS = 3


class _KeepsChangingError(Exception):
    pass


def database_file(settings: Settings) -> Path | None:
    """Return the path of the SQLite database, None when the database is on a server.

    Raises:
        ConfigurationError: it is in memory.
    """
    if not settings.database_url:
        return settings.data_dir / DATABASE_NAME
    url = make_url(settings.database_url)
    if url.get_backend_name() != "sqlite":
        return None
    if not url.database:
        raise ConfigurationError("A database in memory cannot be backed up. Name a file in VITRINE_DATABASE_URL.")
    return Path(url.database)


def copy_database(source: Path, destination: Path) -> str:
    """Copy a database that others may be writing, check the copy, and return its schema version.

    It is copied in steps, between which others write. SQLite starts again when they do; a database that changes all
    the time is therefore copied in one step, for which writers wait.

    Raises:
        StorageError: there is no database, it is damaged, or the disk is full.
    """
    if not source.is_file():
        raise StorageError(f"There is no database {source}. Name the data directory with --data.")
    try:
        # A connection with the right to write: it rolls back what a crash left half done.
        with closing(sqlite3.connect(source, timeout=BUSY_TIMEOUT_S)) as reading:
            try:
                _copy(reading, destination, _PAGES_PER_STEP)
            except _KeepsChangingError:
                _copy(reading, destination, -1)
        return _check(destination)
    except sqlite3.DatabaseError as error:
        raise StorageError(f"The database {source} cannot be copied ({error}). Run vitrine doctor.") from error


def _copy(reading: sqlite3.Connection, destination: Path, pages: int) -> None:
    destination.unlink(missing_ok=True)
    left, restarts = 1 << 62, 0

    def watch(_status: int, remaining: int, _total: int) -> None:
        nonlocal left, restarts
        restarts += remaining > left
        left = remaining
        if restarts > _MAX_RESTARTS:
            raise _KeepsChangingError

    with closing(sqlite3.connect(destination)) as writing:
        # The copy has no name yet that anybody trusts; it is synced once, when it is complete.
        writing.execute("PRAGMA synchronous = OFF")
        reading.backup(writing, pages=pages, progress=watch, sleep=0.01)
        # One file without a log beside it, which can be opened where nothing may be written.
        writing.execute("PRAGMA journal_mode = DELETE")


def _check(copy: Path) -> str:
    with open_copy(copy) as connection:
        answer = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if answer != "ok":
            raise sqlite3.DatabaseError(f"it is damaged: {answer}")
        return str(connection.execute("SELECT version_num FROM alembic_version").fetchone()[0])


@contextmanager
def open_copy(copy: Path) -> Iterator[sqlite3.Connection]:
    """Open a copied database for reading; nothing is written beside it."""
    with closing(sqlite3.connect(f"{copy.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
        yield connection


_HAS_REGISTERED = "SELECT 1 FROM sqlite_master WHERE name = 'registered_originals'"
"""Earlier versions had no such table."""


def originals_in(copy: Path) -> Iterator[tuple[str, int]]:
    """Yield the path and the size in bytes of each original that the rows of a copied database need, deleted included.

    Those that are registered stay in the buckets where they are.

    Raises:
        StorageError: it is not such a database.
    """
    try:
        with open_copy(copy) as connection:
            elsewhere = connection.execute(_HAS_REGISTERED).fetchone()
            where = "WHERE sha256 NOT IN (SELECT id FROM registered_originals)" if elsewhere else ""
            yield from connection.execute(f"SELECT path, MAX(size) FROM images {where} GROUP BY path ORDER BY path")  # noqa: S608 - a condition of ours
    except sqlite3.DatabaseError as error:
        raise StorageError(f"The database {copy} cannot be read ({error}).") from error
