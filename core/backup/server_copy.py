"""Dumps of a PostgreSQL database, made by its own pg_dump and brought back by its pg_restore.

A dump has the rows of one moment. What a restore needs to know without a server stands beside it: which originals its
rows need, and how many rows each table has.
"""

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, make_url

from core.backup.layout import DUMP, ORIGINALS
from core.config import Settings
from core.db.base import Base
from core.db.driver_errors import translate_driver_errors
from core.db.server import READING, make_server_engine
from core.errors import ConfigurationError, InvalidInputError, StorageError

_LOOK_S = 0.5
_VERSION = re.compile(r"\(PostgreSQL\) (\d+)")
_ROWS_PER_FETCH = 10_000
_USER_TABLES = "SELECT COUNT(*) FROM pg_tables WHERE schemaname = current_schema()"


@dataclass(frozen=True)
class Dumped:
    """What a dump has: the version of its tables, and how many rows each of them has."""

    schema_version: str
    rows: dict[str, int]


def find_program(name: str, settings: Settings) -> str:
    """Return the path of a program of PostgreSQL.

    Raises:
        ConfigurationError: it is not there.
    """
    directory = settings.postgres_bin
    found = shutil.which(name, path=str(directory) if directory else None)
    if found is None:
        where = f"in {directory}" if directory else "on PATH"
        raise ConfigurationError(
            f"A backup of a PostgreSQL database needs its program {name}, which is not {where}. Install the client of "
            "PostgreSQL (postgresql-client), or name the directory of its programs in VITRINE_POSTGRES_BIN."
        )
    return found


def dump_database(settings: Settings, directory: Path, tick: Callable[[], None]) -> Dumped:
    """Write the dump of a database that others may be writing, and the list of its originals, to *directory*.

    Both are of the same moment, and the dump is read again before this returns. *tick* is called twice a second.

    Raises:
        ConfigurationError: pg_dump is not there, or older than the server.
        StorageError: the server cannot be reached, or the dump failed.
    """
    pg_dump, url = find_program("pg_dump", settings), str(settings.database_url)
    with _connected(url) as connection:
        _require_new_enough(pg_dump, connection)
        connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
        snapshot, schema = connection.exec_driver_sql("SELECT pg_export_snapshot(), current_schema()").one()
        version = str(connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one())
        rows = _count_rows(connection)
        _write_originals(connection, directory / ORIGINALS)
        options = [f"--snapshot={snapshot}", f'--schema="{schema}"', f"--file={directory / DUMP}"]
        _run([pg_dump, "--format=custom", "--no-owner", "--no-privileges", "--no-password", *options], url, tick)
    _check(settings, directory / DUMP, tick)
    return Dumped(version, rows)


def restore_dump(settings: Settings, url: str, dump: Path, rows: dict[str, int], tick: Callable[[], None]) -> None:
    """Bring a dump back into the empty database *url*, whole or not at all.

    Raises:
        ConfigurationError: pg_restore is not there.
        StorageError: the server cannot be reached, the restore failed, or tables have not the *rows* of the backup.
    """
    pg_restore = find_program("pg_restore", settings)
    require_empty(url)
    with tempfile.NamedTemporaryFile("w", suffix=".list") as chosen:
        chosen.writelines(line for line in _contents(pg_restore, dump) if " SCHEMA - public " not in line)
        chosen.flush()
        options = ["--single-transaction", "--no-owner", "--no-privileges", "--no-password"]
        _run([pg_restore, *options, f"--use-list={chosen.name}", str(dump)], url, tick)
    with _connected(url) as connection:
        if (now := _count_rows(connection)) != rows:
            differing = sorted(name for name in rows if now.get(name) != rows[name])
            raise StorageError(
                f"After the restore these tables have another number of rows: {', '.join(differing)}. "
                "Empty the database and restore again."
            )


def require_empty(url: str) -> None:
    """Make sure that a database has no tables.

    Raises:
        InvalidInputError: it has some.
        StorageError: the server cannot be reached.
    """
    with _connected(url) as connection:
        if connection.exec_driver_sql(_USER_TABLES).scalar_one():
            raise InvalidInputError("The database to restore into has tables already. Name an empty one.", field="to")


def listed_originals(directory: Path) -> Iterator[tuple[str, int]]:
    """Yield the path and the size in bytes of each original that the rows of a dump need.

    Raises:
        StorageError: the list cannot be read.
    """
    try:
        with (directory / ORIGINALS).open(encoding="utf-8") as file:
            for line in file:
                path, size_bytes = json.loads(line)
                yield str(path), int(size_bytes)
    except (OSError, ValueError, TypeError) as error:
        raise StorageError(f"The list of images {directory / ORIGINALS} cannot be read ({error}).") from error


@contextmanager
def _connected(url: str) -> Iterator[Connection]:
    engine = make_server_engine(url, keeps=False)
    translate_driver_errors(engine)
    with engine.connect().execution_options(**READING) as connection:
        yield connection


def _require_new_enough(pg_dump: str, connection: Connection) -> None:
    said = subprocess.run([pg_dump, "--version"], capture_output=True, text=True, check=False).stdout
    found = _VERSION.search(said)
    server = int(connection.exec_driver_sql("SHOW server_version_num").scalar_one()) // 10_000
    if found is None or int(found[1]) < server:
        raise ConfigurationError(
            f"The server is PostgreSQL {server}, and {pg_dump} is of version {found[1] if found else 'unknown'}, which "
            f"cannot dump it. Install the client of PostgreSQL {server}, or name the directory of its programs in "
            "VITRINE_POSTGRES_BIN."
        )


def _count_rows(connection: Connection) -> dict[str, int]:
    names = [one.name for one in Base.metadata.sorted_tables]
    return {
        name: connection.exec_driver_sql(f'SELECT COUNT(*) FROM "{name}"').scalar_one()  # noqa: S608 - our tables
        for name in names
    }


def _write_originals(connection: Connection, file: Path) -> None:
    where = "sha256 NOT IN (SELECT id FROM registered_originals)"  # those stay in the buckets where they are
    query = f"SELECT path, MAX(size) FROM images WHERE {where} GROUP BY path ORDER BY path"  # noqa: S608 - a condition of ours
    streamed = connection.execution_options(yield_per=_ROWS_PER_FETCH).exec_driver_sql(query)
    with file.open("w", encoding="utf-8") as writing:
        for path, size_bytes in streamed:
            writing.write(json.dumps([path, size_bytes]) + "\n")


def _check(settings: Settings, dump: Path, tick: Callable[[], None]) -> None:
    """Read every row of a dump again."""
    pg_restore = find_program("pg_restore", settings)
    listed = "".join(_contents(pg_restore, dump))
    missing = [one.name for one in Base.metadata.sorted_tables if f" {one.name} " not in listed]
    if missing:
        raise StorageError(f"The dump lacks the tables {', '.join(missing)}. Make another backup, and report it.")
    _run([pg_restore, f"--file={os.devnull}", str(dump)], None, tick)


def _contents(pg_restore: str, dump: Path) -> list[str]:
    listed = subprocess.run([pg_restore, "--list", str(dump)], capture_output=True, text=True, check=False)
    if listed.returncode:
        raise StorageError(f"The dump cannot be read ({_reason(listed.stderr)}).")
    return listed.stdout.splitlines(keepends=True)


def _run(command: list[str], url: str | None, tick: Callable[[], None]) -> None:
    """Run a program until it ends; an exception of *tick* ends it."""
    environment = dict(os.environ)
    if url is not None:
        from psycopg.conninfo import make_conninfo  # an extra

        arguments = make_url(url).get_dialect()().create_connect_args(make_url(url))[1]
        if password := arguments.pop("password", None):  # in no list of processes
            environment["PGPASSWORD"] = password
        command = [*command, f"--dbname={make_conninfo('', **arguments)}"]
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=said, env=environment)
        try:
            while True:
                try:
                    code = process.wait(_LOOK_S)
                    break
                except subprocess.TimeoutExpired:
                    tick()
        finally:
            process.kill()
            process.wait()
        if code:
            said.seek(0)
            raise StorageError(f"{Path(command[0]).name} failed ({_reason(said.read())}). Nothing was stored.")


def _reason(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return next((line for line in lines if "error" in line.lower()), lines[-1] if lines else "no reason given")[:300]
