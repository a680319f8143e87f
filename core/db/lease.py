"""The lease of the task engine: whoever holds it runs the tasks of a database; it ends with its process.

The lease belongs to the database, wherever the data directories of its servers are. For a SQLite file it is a lock on a
file beside it, for PostgreSQL an advisory lock of a transaction that stays open, which the server releases when its
connection ends. A lock of a session would be left to somebody else by a pooler in transaction mode.
"""

import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from filelock import FileLock, Timeout
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from core.db.database import DATABASE_NAME, Database
from core.errors import StorageError

LOCK_FILE = "runner.lock"
_CHECK_S = 1.0
_KEYS = "1449751666, {}"  # two numbers that nobody else uses
_TASKS, _COORDINATOR, _FILES = 1, 2, 3
# A host that vanishes without ending its connections gives the lease back after a minute.
_NOTICE_LOST_HOSTS = (
    "SET LOCAL tcp_keepalives_idle = 30; SET LOCAL tcp_keepalives_interval = 10; SET LOCAL tcp_keepalives_count = 3;"
    " SET LOCAL idle_in_transaction_session_timeout = 0"
)


class Lease(Protocol):
    """The right to run the tasks of a database."""

    def take(self) -> bool:
        """Take the lease and return whether it is held now; another process may have it."""

    def is_held(self) -> bool:
        """Return whether this object holds the lease; for PostgreSQL as of the last second."""

    def is_held_in(self, session: Session) -> bool:
        """Return whether it is held at this moment of a writing transaction, during which nobody else can work."""

    def release(self) -> None:
        """Give the lease back; without it nothing happens."""


def task_lease(db: Database) -> Lease:
    """Return the lease of the database *db*; it is not taken yet."""
    if db.engine.dialect.name != "sqlite":
        return _ServerLease(db.engine, _TASKS)
    file = db.engine.url.database
    if not file or file == ":memory:":
        return _FileLease(db.data_dir / LOCK_FILE)
    path = Path(file)
    return _FileLease(path.with_name(LOCK_FILE if path.name == DATABASE_NAME else f"{path.name}.{LOCK_FILE}"))


def workers_lease(db: Database) -> Lease:
    """Return the lease of a process that runs tasks together with others; as long as one has it, nobody else has
    that of :func:`task_lease`, and the other way round. PostgreSQL only."""
    return _ServerLease(db.engine, _TASKS, is_shared=True)


def files_lease(db: Database) -> Lease:
    """Return the lease of the one server that runs what workers cannot; PostgreSQL only."""
    return _ServerLease(db.engine, _FILES)


def coordinator_lease(db: Database) -> Lease:
    """Return the lease of whoever looks after the workers of a PostgreSQL database; it is not taken yet."""
    return _ServerLease(db.engine, _COORDINATOR)


class _FileLease:
    def __init__(self, path: Path) -> None:
        self._lock = FileLock(path, thread_local=False)

    def take(self) -> bool:
        if self._lock.is_locked:
            return True
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            return False
        return True

    def is_held(self) -> bool:
        return self._lock.is_locked

    def is_held_in(self, _session: Session) -> bool:
        return self._lock.is_locked

    def release(self) -> None:
        self._lock.release()


class _ServerLease:
    def __init__(self, engine: Engine, key: int, *, is_shared: bool = False) -> None:
        self._engine = engine
        function = "pg_try_advisory_xact_lock_shared" if is_shared else "pg_try_advisory_xact_lock"
        self._lock_it = f"SELECT {function}({_KEYS.format(key)})"
        self._lock = threading.Lock()
        self._connection: Any = None
        self._backend = 0
        self._checked_at_s = 0.0

    def take(self) -> bool:
        with self._lock:
            return self._is_alive() or self._take()

    def is_held(self) -> bool:
        with self._lock:
            return self._is_alive()

    def is_held_in(self, session: Session) -> bool:
        held = text("SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND pid = :backend AND granted)")
        backend = self._backend
        return bool(backend) and bool(session.execute(held, {"backend": backend}).scalar())

    def release(self) -> None:
        with self._lock:
            if self._connection is not None:
                with suppress(SQLAlchemyError, StorageError):
                    self._connection.rollback()  # its lock is free when this returns
            self._drop()

    def _take(self) -> bool:
        try:
            self._connection = self._engine.connect()
            self._connection.exec_driver_sql(_NOTICE_LOST_HOSTS)
            is_taken = self._connection.exec_driver_sql(self._lock_it).scalar()
            self._backend = self._connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()
            if not is_taken:  # somebody has it, so this connection keeps nothing: others may use it
                self._connection.close()
                self._connection, self._backend = None, 0
        except (SQLAlchemyError, StorageError):
            is_taken = False
            self._drop()
        self._checked_at_s = time.monotonic()
        return bool(is_taken)

    def _is_alive(self) -> bool:
        if self._connection is None:
            return False
        if time.monotonic() - self._checked_at_s > _CHECK_S:
            try:
                self._connection.exec_driver_sql("SELECT 1")
            except (SQLAlchemyError, StorageError):
                self._drop()
                return False
            self._checked_at_s = time.monotonic()
        return True

    def _drop(self) -> None:
        """End the connection, and the lock with it: a connection that went back to the pool would keep it."""
        connection, self._connection, self._backend = self._connection, None, 0
        if connection is not None:
            connection.invalidate()
            connection.close()
