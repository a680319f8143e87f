"""The version of a SQLite file, which changes with every commit: it invalidates the read cache."""

import sqlite3
import threading
from pathlib import Path


class DataVersion:
    """Reads ``PRAGMA data_version`` on a read-only connection of its own.

    The number changes with every commit of any other connection, of this or another process; reading it takes about
    ten microseconds.
    """

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(
            f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=0, check_same_thread=False
        )

    def now(self) -> int | None:
        """Return the version of the data, None while a writer has the file locked."""
        try:
            with self._lock:
                return int(self._connection.execute("PRAGMA data_version").fetchone()[0])
        except sqlite3.Error:
            return None

    def close(self) -> None:
        with self._lock:
            self._connection.close()
