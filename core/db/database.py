"""Opening a database; reading and writing transactions."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from contextvars import copy_context
from functools import partial
from pathlib import Path
from types import NoneType
from typing import Any, Self, TypeVar
from weakref import WeakSet

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from core.arguments import kind_of, wrong_id
from core.config import Settings
from core.db import migrate
from core.db.data_version import DataVersion, FileVersion, ServerVersion
from core.db.driver_errors import translate_driver_errors
from core.db.group_commit import FairLock, GroupWriter
from core.db.opening import cannot_be_opened, database_url_problem, ensure_writable, settings_for
from core.db.read_cache import ReadCache
from core.db.server import READING, connected, make_server_engine
from core.errors import ConfigurationError, InvalidInputError

DATABASE_NAME = "vitrine.db"
BUSY_TIMEOUT_S = 30.0
T = TypeVar("T")


_open_databases: "WeakSet[Database]" = WeakSet()


def open_databases() -> "list[Database]":
    """Return the databases of this process that are open."""
    return list(_open_databases)


class _Session(Session):
    """A session that says what an id is when a caller passed something else, such as the row itself."""

    def get(self, entity: Any, ident: Any, **options: Any) -> Any:
        if not isinstance(ident, str | int | tuple | NoneType):  # a tuple comes from Session.merge
            raise wrong_id(ident)
        return super().get(entity, ident, **options)


class Database:
    """What every service takes as ``db_session``: an engine, the data directory and the read cache.

    It holds no open session: a service method opens a transaction and ends it.
    """

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self.engine = engine
        self._is_server = engine.dialect.name != "sqlite"
        self._reading_engine = engine.execution_options(**READING) if self._is_server else engine
        self.settings = settings
        self.read_cache = ReadCache(self.data_version)
        self._write_lock = FairLock()
        self._thread = threading.local()
        self._writer: GroupWriter | None = None
        self._lazy_lock = threading.Lock()
        self._version: DataVersion | None = None
        self._shared: dict[Any, Any] = {}
        self._shared_lock = threading.RLock()
        self._is_closed = False

    @property
    def data_dir(self) -> Path:
        return self.settings.data_dir

    @property
    def write_waits(self) -> FairLock:
        """The lock of this process's writers, which counts how long they waited for each other."""
        return self._write_lock

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Open a writing transaction: leaving the block commits, an exception rolls back.

        SQLite's write lock is taken at the start (``BEGIN IMMEDIATE``): with a deferred lock, two transactions that
        read first both insert (three of three runs). PostgreSQL's writers take turns likewise (``core.db.server``).
        Keep it short; no network calls inside.
        """
        self._require_open()
        with (
            self._write_lock,
            _Session(self.engine.execution_options(vitrine_write=True), expire_on_commit=False) as session,
        ):
            if self._is_server:
                connected(session)
            yield session
            session.commit()
        self.read_cache.wrote()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Open a reading transaction: one consistent snapshot; its rows stay usable afterwards.

        Nested in another one of the same thread it reuses that session. With the rollback journal a second connection
        would wait for a writer that waits for the first one: a deadlock.
        """
        self._require_open()
        outer: Session | None = getattr(self._thread, "session", None)
        if outer is not None:
            yield outer
            return
        with _Session(self._reading_engine, expire_on_commit=False) as session:
            if self._is_server:
                connected(session)
            self._thread.session = session
            try:
                yield session
            finally:
                self._thread.session = None

    def shared(self, make: "Callable[[Database], T]") -> T:
        """Return what *make* made at the first call: a cache that all services of this database share."""
        with self._shared_lock:
            if make not in self._shared:
                self._shared[make] = make(self)
            found: T = self._shared[make]
            return found

    def check_connection(self) -> None:
        """Run one trivial query; a database that cannot be reached raises its driver's error."""
        with self.reading() as session:
            session.execute(text("SELECT 1"))

    def submit(self, work: Callable[[Session], T]) -> "Future[T]":
        """Queue *work* for a writing transaction that it shares with other queued writes (group commit).

        For small writes of many threads or coroutines at the same time; everything else uses :meth:`transaction`. A
        write that raises is undone alone. *work* may be called twice and must be safe to run again after a rollback.
        """
        with self._lazy_lock:
            self._require_open()
            if self._writer is None:
                self._writer = GroupWriter(self.engine, self._write_lock)
            # In the context of whoever submits it: the thread that writes acts for all of them.
            return self._writer.submit(partial(copy_context().run, work))  # type: ignore[call-arg]

    async def write(self, work: Callable[[Session], T]) -> T:
        """Run *work* as :meth:`submit` does and await its result."""
        return await asyncio.wrap_future(self.submit(work))

    @property
    def is_versioned(self) -> bool:
        """Whether :meth:`data_version` is available; it is not for a SQLite database in memory."""
        return bool(self.engine.url.database)

    def data_version(self) -> int | None:
        """Return a number that changes with every commit, None where it is not available or a commit is under way."""
        version = self._version  # which another thread may close meanwhile
        if version is None:
            if not self.is_versioned:
                return None
            with self._lazy_lock:
                self._require_open()
                version = self._version = self._version or _data_version(self.engine)
        return version.now()

    @property
    def is_closed(self) -> bool:
        """Whether :meth:`close` was called."""
        return self._is_closed

    def _require_open(self) -> None:
        if self._is_closed:
            raise InvalidInputError(
                "This database is closed. Open it again with db = connect(...).", field="db_session"
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the database; closing twice does nothing."""
        _open_databases.discard(self)
        with self._lazy_lock:
            self._is_closed = True
            if self._version is not None:
                self._version.close()
                self._version = None
            if self._writer is not None:
                self._writer.close()
                self._writer = None
        self.engine.dispose()


def require_database(db_session: Any) -> Database:
    """Return *db_session*, what a service was given.

    Raises:
        InvalidInputError: it is no open database, but its path for example.
    """
    if not isinstance(db_session, Database):
        raise InvalidInputError(
            f"Pass what connect returned, as in db = connect(path), not {kind_of(db_session)}.", field="db_session"
        )
    return db_session


def _data_version(engine: Engine) -> DataVersion:
    return FileVersion(Path(str(engine.url.database))) if engine.dialect.name == "sqlite" else ServerVersion(engine)


def default_url(settings: Settings) -> str:
    """Return the URL of the SQLite file in the data directory, where no other database is named."""
    return f"sqlite:///{(settings.data_dir / DATABASE_NAME).resolve()}"


def open_database(settings: Settings) -> Database:
    """Open the database of *settings* and bring its tables up to date.

    Raises:
        StorageError: the data directory cannot be written, or the database is damaged or cannot be reached.
        ConfigurationError: SQLAlchemy cannot parse the database URL, or the tables are newer than this version.
    """
    ensure_writable(settings)
    # Worker processes keep the working directory that they started in, and a notebook may change its own.
    settings = settings.model_copy(update={"data_dir": settings.data_dir.absolute()})
    url = settings.database_url or default_url(settings)
    engine = _make_engine(url, prepares=settings.database_prepares)
    backup_dir = settings.data_dir / "backups"
    try:
        migrate.upgrade(engine, backup_dir=backup_dir)
    except DBAPIError as error:
        engine.dispose()
        raise cannot_be_opened(engine, error, backup_dir) from error
    except BaseException:
        engine.dispose()
        raise
    translate_driver_errors(engine)  # from here on; before, cannot_be_opened names the file and its backups
    opened = Database(engine, settings)
    _open_databases.add(opened)
    return opened


def connect(target: str | Path | None = None) -> Database:
    """Open a database: the ``db_session`` that every service takes.

    ``with connect(...) as db:`` closes it at the end of the block; ``db = connect(...)`` stays open over the cells of a
    notebook until ``db.close()``. Threads may share it.

    *target* is a data directory, the path of a SQLite file (its directory becomes the data directory), a
    SQLAlchemy database URL, or None for the configured one (``VITRINE_DATA_DIR``, ``VITRINE_DATABASE_URL``). With the
    URL of a server, images are stored in the configured data directory.

    Raises:
        InvalidInputError: *target* is no path and no URL, or a file that is no database.
        StorageError: the directory cannot be written, or the database is damaged or cannot be reached.
        ConfigurationError: SQLAlchemy cannot parse the URL, or the database belongs to a newer version or to another
            program.
    """
    return open_database(settings_for(target))


def _make_engine(url: str, *, prepares: bool) -> Engine:
    if problem := database_url_problem(url):
        raise ConfigurationError(problem)
    if not url.startswith("sqlite"):
        return make_server_engine(url, prepares=prepares)
    # Without hide_parameters the error messages of SQLAlchemy contain whole rows.
    engine = create_engine(url, hide_parameters=True)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # SQLAlchemy begins transactions (see _begin_sqlite), not the driver.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_S * 1000:.0f}")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute(f"PRAGMA journal_mode = {journal_mode()}")
    cursor.execute("PRAGMA synchronous = NORMAL" if journal_mode() == "WAL" else "PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA cache_size = -64000")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    write = connection.get_execution_options().get("vitrine_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def journal_mode(version: tuple[int, int, int] = sqlite3.sqlite_version_info) -> str:
    """Return the journal mode that is safe with this build of SQLite.

    SQLite 3.7.0 to 3.51.2 can corrupt a database when the write-ahead log is reset (sqlite.org/wal.html,
    "the WAL-reset bug"); fixed in 3.51.3, 3.50.7 and 3.44.6.
    """
    fixed = version >= (3, 51, 3) or (3, 50, 7) <= version < (3, 51, 0) or (3, 44, 6) <= version < (3, 45, 0)
    # TRUNCATE changes no directory entry: a commit takes 3 ms, with DELETE it takes 5 ms.
    return "WAL" if fixed else "TRUNCATE"
