"""The version of the data, which changes with every commit of anyone: it invalidates the read cache."""

import sqlite3
import threading
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from core.errors import StorageError


class DataVersion(Protocol):
    """Reads the version on a connection of its own."""

    def now(self) -> int | None:
        """Return the version of the data, None when it is not known at this moment."""

    def close(self) -> None:
        """Close the connection."""


class FileVersion:
    """Reads ``PRAGMA data_version`` of a SQLite file on a read-only connection.

    The number changes with every commit of any other connection, of this or another process; reading it takes about
    ten microseconds. It is not known while a writer has the file locked.
    """

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(
            f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=0, check_same_thread=False
        )

    def now(self) -> int | None:
        try:
            with self._lock:
                return int(self._connection.execute("PRAGMA data_version").fetchone()[0])
        except sqlite3.Error:
            return None

    def close(self) -> None:
        with self._lock:
            self._connection.close()


class ServerVersion:
    """Reads the number that every writing transaction on PostgreSQL counts up; it takes a tenth of a millisecond."""

    def __init__(self, engine: Engine) -> None:
        self._lock = threading.Lock()
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._connection: Any = None

    def now(self) -> int | None:
        with self._lock:
            try:
                if self._connection is None:
                    self._connection = self._engine.connect()
                    self._cursor = self._connection.connection.cursor()
                row = self._cursor.execute("SELECT version FROM vitrine_state").fetchone()
                return int(row[0])
            except (SQLAlchemyError, StorageError, self._engine.dialect.loaded_dbapi.Error):
                self._drop()
                return None

    def close(self) -> None:
        with self._lock:
            self._drop()

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.invalidate()
            self._connection.close()
            self._connection = None
