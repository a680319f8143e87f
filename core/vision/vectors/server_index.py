"""Finding the nearest of many vectors by pgvector, where the database is PostgreSQL and has that extension.

The index is a cache, as a file of faiss is one: a table of halfvec with an HNSW index, made from the rows. It lies in a
schema of its own, which no backup and no move has, and is brought up to date by comparing both.
"""

import hashlib
import logging
import struct
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import Connection, TextClause, text
from sqlalchemy.exc import SQLAlchemyError

from core.db import Database
from core.db.extension import SCHEMA, make_vectors_available
from core.errors import StorageError
from core.vision.vectors.index import Near
from core.vision.vectors.rows import State, Vectors, is_usable

log = logging.getLogger(__name__)

MAX_CHANGES = 500
"""So many changed vectors are taken up while somebody waits; more of them in a thread."""
MAX_WANTED = 10_000
_MAX_DIMENSIONS = 4_000
"""Of an HNSW index over halfvec."""
_EF_SEARCH = 100
"""Of 100,000 vectors of bench/vectors.py, the share of the ten nearest that is found: docs/POSTGRESQL.md."""
_EPOCH, _MICROSECOND = datetime(2000, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
_ROWS_PER_FETCH = 5_000
_LIST = f"{SCHEMA}.vector_indexes"
_OF_KIND = "v.project_id = :project_id AND v.kind = :kind"


class ServerIndexes:
    """The indexes of pgvector in a database; whoever asks is answered by None where there is none yet."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._available: bool | None = None
        self._covered: dict[tuple[str, str], tuple[State, int]] = {}
        self._running: set[tuple[str, str]] = set()
        self._lock = threading.Lock()

    def nearest(
        self, key: tuple[str, str], now: State, query: Vectors, limit: int, is_wanted: Callable[[str], bool] | None
    ) -> list[Near] | None:
        """Return the *limit* nearest images, nearest first, of those that are wanted.

        None when they have to be found in memory: pgvector is missing, the index is being made, or few are wanted.

        Args:
            key: the ids of the project and of the kind of its vectors.
            now: the state of these vectors.
        """
        try:
            dimensions = self._dimensions(key, now)
            if dimensions is None:
                return None
            return [] if len(query) != dimensions else self._search(key, query, limit, is_wanted)
        except (SQLAlchemyError, StorageError) as error:
            log.warning("pgvector did not answer (%s); images are compared in memory.", str(error)[:200])
            return None

    def _dimensions(self, key: tuple[str, str], now: State) -> int | None:
        covered = self._covered.get(key)
        if covered is not None and covered[0] == now:
            return covered[1]
        if self._available is None:
            self._available = make_vectors_available(self._db.engine)
        if not self._available:
            return None
        dimensions = self.update(key, now, max_changes=MAX_CHANGES)
        if dimensions is None:
            self._update_in_a_thread(key, now)
        return dimensions

    def _update_in_a_thread(self, key: tuple[str, str], now: State) -> None:
        with self._lock:
            if key in self._running:
                return
            self._running.add(key)

        def run() -> None:
            try:
                self.update(key, now)
            except (SQLAlchemyError, StorageError) as error:
                log.warning("The index of pgvector was not made (%s).", str(error)[:200])
            finally:
                self._running.discard(key)

        threading.Thread(target=run, name="vitrine-pgvector", daemon=True).start()

    def update(self, key: tuple[str, str], now: State, *, max_changes: int | None = None) -> int | None:
        """Take up what was written and removed, and return how many values the vectors have.

        None when nothing was done: more than *max_changes* are waiting, or another process is at it.
        """
        table = _table(key)
        of = {"project_id": key[0], "kind": key[1]}
        with self._db.engine.begin() as connection:
            if not _begin_update(connection, table):
                return None
            is_new = connection.execute(text("SELECT to_regclass(:name) IS NULL"), {"name": table}).scalar_one()
            if is_new and max_changes is not None:
                return None
            dimensions = _usual_dimensions(connection, of)
            if dimensions is None or dimensions > _MAX_DIMENSIONS:
                return None
            if is_new:
                _make(connection, table, dimensions, of)
            elif _dimensions_of(connection, table) != dimensions:
                connection.exec_driver_sql(f"DROP TABLE {table}")
                _make(connection, table, dimensions, of)
                is_new = True
            if not _take_up(connection, table, dimensions, of, max_changes):
                return None
            if is_new:
                connection.exec_driver_sql(f"CREATE INDEX ON {table} USING hnsw (e halfvec_ip_ops)")
        self._covered[key] = now, dimensions
        return dimensions

    def _search(
        self, key: tuple[str, str], query: Vectors, limit: int, is_wanted: Callable[[str], bool] | None
    ) -> list[Near] | None:
        table = _table(key)
        wanted = limit
        while wanted <= MAX_WANTED:
            found = self._found(table, query, wanted)
            kept = [near for near in found if is_wanted is None or is_wanted(near.image_id)]
            if len(kept) >= limit or len(found) < wanted:
                return kept[:limit]
            wanted *= 4
        return None

    def _found(self, table: str, query: Vectors, limit: int) -> list[Near]:
        asked = f"SELECT image_id, -(e <#> CAST(:query AS halfvec)) FROM {table} ORDER BY e <#> CAST(:query AS halfvec)"  # noqa: S608
        values = "[" + ",".join(f"{value:.6g}" for value in query) + "]"
        with self._db.engine.begin() as connection:
            connection.exec_driver_sql(
                f"SET LOCAL hnsw.ef_search = {max(_EF_SEARCH, min(limit, 1_000))};"
                f" SET LOCAL hnsw.iterative_scan = strict_order; SET LOCAL hnsw.max_scan_tuples = {20 * MAX_WANTED}"
            )
            rows = connection.execute(text(f"{asked} LIMIT :limit"), {"query": values, "limit": limit})
            return [Near(image_id, float(score)) for image_id, score in rows if score is not None]


def _table(key: tuple[str, str]) -> str:
    return f"{SCHEMA}.v_{hashlib.sha256(repr(key).encode()).hexdigest()[:32]}"


def _begin_update(connection: Connection, table: str) -> bool:
    """Lock the index of *table* until the transaction ends, and return whether nobody else has it."""
    connection.exec_driver_sql(
        "SET LOCAL statement_timeout = 0; SET LOCAL maintenance_work_mem = '512MB';"
        " SET LOCAL max_parallel_maintenance_workers = 0"  # they need more shared memory than containers have
    )
    locked = text("SELECT pg_try_advisory_xact_lock(hashtextextended(:table, 0))")
    if not connection.execute(locked, {"table": table}).scalar_one():
        return False
    connection.exec_driver_sql(
        f"CREATE TABLE IF NOT EXISTS {_LIST} (name text PRIMARY KEY, project_id text, kind text, dimensions int)"
    )
    return True


def _dimensions_of(connection: Connection, table: str) -> int | None:
    found = connection.execute(text(f"SELECT dimensions FROM {_LIST} WHERE name = :name"), {"name": table})  # noqa: S608
    dimensions: int | None = found.scalar()
    return dimensions


def _usual_dimensions(connection: Connection, of: dict[str, str]) -> int | None:
    sizes = f"SELECT octet_length(v.vector) / 2 FROM image_vectors v WHERE {_OF_KIND}"  # noqa: S608
    found = connection.execute(text(f"{sizes} GROUP BY 1 ORDER BY COUNT(*) DESC LIMIT 1"), of).scalar()
    return int(found) if found else None


def _make(connection: Connection, table: str, dimensions: int, of: dict[str, str]) -> None:
    """Make an empty table, and drop those whose vectors are gone."""
    gone = f"SELECT name FROM {_LIST} l WHERE NOT EXISTS (SELECT 1 FROM image_vectors v WHERE {_OF_KIND})"  # noqa: S608
    gone = gone.replace(":project_id", "l.project_id").replace(":kind", "l.kind")
    for name in connection.exec_driver_sql(gone).scalars().all():
        connection.exec_driver_sql(f"DROP TABLE IF EXISTS {name}")
        connection.execute(text(f"DELETE FROM {_LIST} WHERE name = :name"), {"name": name})  # noqa: S608
    connection.exec_driver_sql(
        f"CREATE TABLE {table} (image_id text PRIMARY KEY, at timestamptz NOT NULL, e halfvec({dimensions}))"
    )
    stored = f"INSERT INTO {_LIST} VALUES (:name, :project_id, :kind, :dimensions) ON CONFLICT (name) DO UPDATE SET dimensions = :dimensions"  # noqa: E501, S608
    connection.execute(text(stored), of | {"name": table, "dimensions": dimensions})


def _take_up(connection: Connection, table: str, dimensions: int, of: dict[str, str], max_changes: int | None) -> bool:
    """Make *table* equal to the rows; return False, and change nothing, when there are more than *max_changes*."""
    is_there = f"EXISTS (SELECT 1 FROM image_vectors v WHERE {_OF_KIND} AND v.image_id = t.image_id)"  # noqa: S608
    changed = (
        f"FROM image_vectors v LEFT JOIN {table} t ON t.image_id = v.image_id"
        f" WHERE {_OF_KIND} AND t.at IS DISTINCT FROM v.update_at"
    )
    if max_changes is not None:
        counted = f"SELECT COUNT(*) FROM (SELECT 1 {changed} LIMIT :limit) AS waiting"  # noqa: S608
        if connection.execute(text(counted), of | {"limit": max_changes + 1}).scalar_one() > max_changes:
            return False
    connection.execute(text(f"DELETE FROM {table} t WHERE NOT {is_there}"), of)  # noqa: S608
    connection.exec_driver_sql(f"CREATE TEMPORARY TABLE taken_up (LIKE {table}) ON COMMIT DROP")
    selected = text(f"SELECT v.image_id, v.update_at, v.vector {changed}")
    _copy(connection, selected, of, dimensions)
    connection.exec_driver_sql(
        f"INSERT INTO {table} SELECT * FROM taken_up"  # noqa: S608
        " ON CONFLICT (image_id) DO UPDATE SET at = EXCLUDED.at, e = EXCLUDED.e"
    )
    return True


def _copy(connection: Connection, selected: TextClause, of: dict[str, str], dimensions: int) -> None:
    """Copy rows into the temporary table; what is no vector of so many values gets none, and is not near anything."""
    cursor = connection.connection.cursor()
    for part in connection.execute(selected, of).partitions(_ROWS_PER_FETCH):
        with cursor.copy("COPY taken_up FROM STDIN (FORMAT BINARY)") as copying:
            copying.write(b"PGCOPY\n\xff\r\n\0" + bytes(8))
            copying.write(b"".join(_binary(row, dimensions) for row in part))
            copying.write(b"\xff\xff")
    cursor.close()


def _binary(row: Sequence[Any], dimensions: int) -> bytes:
    """Return a row in the binary format of COPY (postgresql.org/docs/current/sql-copy.html)."""
    image_id, at, stored = row[0].encode(), row[1], bytes(row[2])
    micros = (at - _EPOCH) // _MICROSECOND
    start = struct.pack(f"!hi{len(image_id)}siq", 3, len(image_id), image_id, 8, micros)
    if len(stored) != 2 * dimensions or not is_usable(stored):
        return start + struct.pack("!i", -1)
    values = np.frombuffer(stored, "<f2").astype(">f2").tobytes()
    return start + struct.pack("!ihh", 4 + len(values), dimensions, 0) + values
