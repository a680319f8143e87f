"""Opening a database, and its two kinds of transaction."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlmodel import Session

from core.config import Settings, load_settings
from core.db import migrate
from core.db.data_version import DataVersion
from core.db.read_cache import ReadCache
from core.db.writer import GroupWriter, Turn
from core.errors import ConfigurationError, StorageError

DATABASE_NAME = "vitrine.db"
BUSY_TIMEOUT_S = 30
T = TypeVar("T")


class Database:
    """What every service takes as ``db_session``: an engine, and where the data directory is.

    It holds no open session: each transaction is opened by a service method and ends with it.
    """

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self.engine = engine
        self.settings = settings
        self.read_cache = ReadCache(self.data_version)
        self._turn = Turn()
        self._here = threading.local()
        self._writer: GroupWriter | None = None
        self._writer_lock = threading.Lock()
        self._version: DataVersion | None = None

    @property
    def data_dir(self) -> Path:
        return self.settings.data_dir

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Open a writing transaction: leaving the block commits, an exception rolls back.

        SQLite's write lock is taken at the start, because two readers that both decide to write would
        otherwise both insert (seen in three of three runs). Keep it short; no network inside.
        """
        with (
            self._turn,
            Session(self.engine.execution_options(vitrine_write=True), expire_on_commit=False) as session,
            session.begin(),
        ):
            yield session
        self.read_cache.wrote()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Open a reading transaction: one consistent view; rows stay usable after it.

        Inside another one of the same thread it is that one: a second connection would wait for a writer who
        waits for the first.
        """
        outer: Session | None = getattr(self._here, "session", None)
        if outer is not None:
            yield outer
            return
        with Session(self.engine, expire_on_commit=False) as session:
            self._here.session = session
            try:
                yield session
            finally:
                self._here.session = None

    def submit(self, work: Callable[[Session], T]) -> "Future[T]":
        """Queue *work* for a writing transaction that it shares with whatever waits at the same time.

        One commit then serves many small writes; each is undone alone when it raises. For work that many
        threads or coroutines do at once; everything else uses :meth:`transaction`.
        """
        with self._writer_lock:
            if self._writer is None:
                self._writer = GroupWriter(self.engine, self._turn)
            return self._writer.submit(work)

    async def write(self, work: Callable[[Session], T]) -> T:
        """Do *work* as :meth:`submit` does, and wait for it without blocking the event loop."""
        return await asyncio.wrap_future(self.submit(work))

    @property
    def is_versioned(self) -> bool:
        """Whether :meth:`data_version` can say anything, apart from the moments of a commit."""
        return self.engine.dialect.name == "sqlite" and bool(self.engine.url.database)

    def data_version(self) -> int | None:
        """Return a number that changes with every commit; None when nobody can say it for nothing."""
        if self._version is None:
            if not self.is_versioned:
                return None
            with self._writer_lock:
                self._version = self._version or DataVersion(Path(str(self.engine.url.database)))
        return self._version.now()

    def close(self) -> None:
        with self._writer_lock:
            if self._version is not None:
                self._version.close()
                self._version = None
            if self._writer is not None:
                self._writer.close()
                self._writer = None
        self.engine.dispose()


def open_database(settings: Settings) -> Database:
    """Open the database of *settings* and bring its tables up to date.

    Raises:
        StorageError: the data directory cannot be written.
        ConfigurationError: the address is not one SQLAlchemy understands, or the tables are newer than this version.
    """
    _ensure_writable(settings.data_dir)
    url = settings.database_url or f"sqlite:///{(settings.data_dir / DATABASE_NAME).resolve()}"
    engine = _make_engine(url)
    try:
        migrate.upgrade(engine, backup_dir=settings.data_dir / "backups")
    except BaseException:
        engine.dispose()
        raise
    return Database(engine, settings)


@contextmanager
def connect(target: str | Path | None = None) -> Iterator[Database]:
    """Open a database and yield the ``db_session`` that every service takes.

    *target* is a data directory, the path of a SQLite file (its directory becomes the data directory), a
    database address, or None for the configured one (``VITRINE_DATA_DIR``, ``VITRINE_DATABASE_URL``).
    """
    database = open_database(_settings_for(target))
    try:
        yield database
    finally:
        database.close()


def _settings_for(target: str | Path | None) -> Settings:
    settings = load_settings()
    if target is None:
        return settings
    if "://" in str(target):
        return settings.model_copy(update={"database_url": str(target)})
    path = Path(target)
    if path.suffix in {".db", ".sqlite", ".sqlite3"}:
        return settings.model_copy(update={"data_dir": path.parent, "database_url": f"sqlite:///{path.resolve()}"})
    return settings.model_copy(update={"data_dir": path, "database_url": None})


def _ensure_writable(data_dir: Path) -> None:
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        probe = data_dir / ".write-probe"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise StorageError(
            f"The data directory {data_dir} cannot be written ({error.strerror}). "
            "Make it writable or set VITRINE_DATA_DIR to another one."
        ) from error


def _make_engine(url: str) -> Engine:
    from sqlalchemy.exc import ArgumentError, NoSuchModuleError

    try:
        # Without hide_parameters an error message carries whole rows into the log.
        engine = create_engine(url, hide_parameters=True, pool_pre_ping=not url.startswith("sqlite"))
    except (ArgumentError, NoSuchModuleError, ImportError) as error:
        raise ConfigurationError(
            "VITRINE_DATABASE_URL is not an address that can be opened. "
            "Use for example sqlite:////srv/vitrine/vitrine.db, or leave it empty."
        ) from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # SQLAlchemy, not the driver, decides when a transaction begins.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_S * 1000}")
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
    # Shortening the journal leaves the directory alone: after a pause a commit takes 3 ms so, 5 ms with deleting it.
    return "WAL" if fixed else "TRUNCATE"
