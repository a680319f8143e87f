"""What a connection to PostgreSQL needs; the twins for SQLite are in ``core/db/database.py``.

All writing transactions take turns, over all processes, as SQLite's do: each begins by counting up the one row of
``vitrine_state``, which nobody else can until it ends. Services read first and then decide what to write, and so need
that; what waits is as short as a transaction. The number is the version of the data, by which read caches know that
somebody has committed.
"""

import time
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import NullPool, PoolProxiedConnection, QueuePool
from sqlmodel import Session

from core.errors import DatabaseAwayError

STATEMENT_TIMEOUT_S = 600
"""A statement that takes longer is a mistake or waits for a lost disk; bulk edits of a million entries take minutes."""
LOCK_TIMEOUT_S = 30
CONNECT_TIMEOUT_S = 5
POOL_SIZE = 10
POOL_TIMEOUT_S = 30
MAX_CONNECTIONS = 40
"""Of one process. PostgreSQL admits 100 by default."""

WAIT_S = 5.0
"""How long a page or a call waits for a server that restarts."""

_ASK_AGAIN_S = 0.2
_ALL_IN_USE = (
    "All connections of this server to its database are in use. Try again in a moment; when it lasts, run fewer tasks "
    "at once."
)
_TRANSACTION = "vitrine_transaction"
_UPGRADE_LOCK = 0x56697472  # "Vitr"
READING = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
"""One snapshot for a whole reading transaction, as in SQLite."""


class _Pool(QueuePool):
    """A pool that says in one sentence that all of its connections are in use."""

    def connect(self) -> PoolProxiedConnection:
        try:
            return super().connect()
        except PoolTimeoutError:
            raise DatabaseAwayError(_ALL_IN_USE) from None


def make_server_engine(url: str, *, prepares: bool = True, keeps: bool = True) -> Engine:
    """Return the engine of a PostgreSQL database; nothing is connected yet.

    Args:
        prepares: let psycopg prepare each statement that it has seen five times on a connection.
        keeps: keep connections for the next user, in a pool.
    """
    pool: dict[str, Any] = {"poolclass": NullPool}
    if keeps:
        pool = {
            "poolclass": _Pool,
            "pool_pre_ping": True,  # a connection that the server has closed is replaced, not handed out
            "pool_size": POOL_SIZE,
            "max_overflow": MAX_CONNECTIONS - POOL_SIZE,
            "pool_timeout": POOL_TIMEOUT_S,
        }
    arguments: dict[str, Any] = {"connect_timeout": CONNECT_TIMEOUT_S}
    if not prepares:
        arguments["prepare_threshold"] = None
    engine = create_engine(url, hide_parameters=True, connect_args=arguments, **pool)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: Any, _record: Any) -> None:
    connection.execute(
        f"SET SESSION statement_timeout = '{STATEMENT_TIMEOUT_S}s'; SET SESSION lock_timeout = '{LOCK_TIMEOUT_S}s'; "
        "SET SESSION timezone = 'UTC'; "
        # A host that vanishes inside a writing transaction lets the other writers go on after 14 s.
        "SET SESSION tcp_keepalives_idle = 5; SET SESSION tcp_keepalives_interval = 3; "
        "SET SESSION tcp_keepalives_count = 3; SET SESSION tcp_user_timeout = '14s'; "
        # A page reads a hundred rows by an index. PostgreSQL's own values, of disks that turn, choose to read the whole
        # table instead, and to compile a query that takes a few ms: a first page took 20 times as long.
        "SET SESSION random_page_cost = 1.1; SET SESSION jit = off"
    )
    connection.commit()


def _begin(connection: Connection) -> None:
    if connection.get_execution_options().get("vitrine_write", False):
        turn = connection.exec_driver_sql(
            "UPDATE vitrine_state SET version = version + 1 RETURNING pg_current_xact_id()::text"
        )
        connection.info[_TRANSACTION] = turn.scalar_one()


def transaction_id(connection: Connection) -> str | None:
    """Return the number of the writing transaction that *connection* is in; None on SQLite."""
    found: str | None = connection.info.get(_TRANSACTION)
    return found


def was_committed(engine: Engine, transaction: str) -> bool:
    """Return whether a transaction whose connection was lost has been committed; waits until that is decided."""
    with engine.execution_options(vitrine_write=False).connect() as connection:
        while True:
            status = connection.exec_driver_sql("SELECT pg_xact_status(%s::text::xid8)", (transaction,)).scalar()
            if status != "in progress":
                return bool(status == "committed")
            time.sleep(_ASK_AGAIN_S)


def connected(session: Session) -> None:
    """Connect *session*, and begin its transaction; a server that restarts is waited for.

    Raises:
        DatabaseAwayError: it does not answer within ``WAIT_S``.
    """
    deadline_s = time.monotonic() + WAIT_S
    while True:
        try:
            session.connection()
            return
        except DatabaseAwayError:
            if time.monotonic() > deadline_s:
                raise
            session.rollback()
            time.sleep(_ASK_AGAIN_S)


def lock_upgrade(connection: Connection) -> None:
    """Let no other process upgrade the database until the transaction ends; a waiting one then finds it done."""
    connection.exec_driver_sql("SET LOCAL lock_timeout = 0")
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_UPGRADE_LOCK})")


def compare_by_bytes(connection: Connection) -> None:
    """Give each text column the collation "C", so that texts sort and fold as in SQLite, on every server.

    With the collation of a language, sorting would follow the server's locale, and an update of its C library can
    damage indexes. Columns that a trigger names cannot be altered: call it before such a trigger is made.
    """
    columns = connection.exec_driver_sql(
        "SELECT table_name, column_name FROM information_schema.columns"
        " WHERE table_schema = current_schema() AND data_type IN ('character varying', 'text')"
        " AND collation_name IS DISTINCT FROM 'C' ORDER BY table_name, ordinal_position"
    ).all()
    by_table: dict[str, list[str]] = {}
    for table, column in columns:
        by_table.setdefault(table, []).append(f'ALTER COLUMN "{column}" TYPE text COLLATE "C"')
    for table, changes in by_table.items():
        connection.exec_driver_sql(f'ALTER TABLE "{table}" {", ".join(changes)}')


def widen_integers(connection: Connection) -> None:
    """Give each integer column 64 bits, as all of SQLite's have: the order of items and sizes in bytes need them."""
    columns = connection.exec_driver_sql(
        "SELECT c.table_name, c.column_name FROM information_schema.columns c JOIN information_schema.tables t"
        " USING (table_schema, table_name) WHERE table_schema = current_schema() AND c.data_type = 'integer'"
        " AND t.table_type = 'BASE TABLE' ORDER BY c.table_name, c.ordinal_position"
    ).all()
    by_table: dict[str, list[str]] = {}
    for table, column in columns:
        by_table.setdefault(table, []).append(f'ALTER COLUMN "{column}" TYPE bigint')
    for table, changes in by_table.items():
        connection.exec_driver_sql(f'ALTER TABLE "{table}" {", ".join(changes)}')
    sequences = "SELECT sequence_name FROM information_schema.sequences WHERE sequence_schema = current_schema()"
    for name in connection.exec_driver_sql(f"{sequences} AND data_type = 'integer'").scalars().all():
        connection.exec_driver_sql(f'ALTER SEQUENCE "{name}" AS bigint')
