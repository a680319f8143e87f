"""One engine for each database, wherever the data directories of its servers are."""

import logging
from pathlib import Path

import pytest
from sqlalchemy import text

from core.db import Database, connect
from core.db.lease import task_lease


@pytest.fixture
def other(db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    """Return the same database, opened with another data directory."""
    monkeypatch.setenv("VITRINE_DATA_DIR", str(tmp_path / "elsewhere"))
    return connect(db.engine.url.render_as_string(hide_password=False))


def test_two_servers_with_different_directories_share_one_lease(db: Database, other: Database) -> None:
    first, second = task_lease(db), task_lease(other)
    assert (first.take(), first.take(), second.take()) == (True, True, False)
    with db.transaction() as session:
        assert first.is_held_in(session)
    with other.transaction() as session:
        assert not second.is_held_in(session)
    first.release()
    assert (first.is_held(), second.take()) == (False, True)
    second.release()
    other.close()


@pytest.mark.postgresql
def test_a_lease_ends_with_its_connection(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.db.lease._CHECK_S", 0.0)
    lease = task_lease(db)
    assert lease.take()
    with db.transaction() as session:
        holders = "SELECT pg_terminate_backend(pid, 5000) FROM pg_locks JOIN pg_database ON oid = database"
        session.execute(text(f"{holders} WHERE locktype = 'advisory' AND datname = current_database()"))
        assert not lease.is_held_in(session)
    assert not lease.is_held()
    assert lease.take()
    lease.release()


@pytest.mark.postgresql
def test_a_server_that_waits_for_the_lease_ends_no_connection(
    db: Database, other: Database, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = task_lease(db), task_lease(other)
    assert first.take()
    with caplog.at_level(logging.INFO), other.engine.connect() as watching:
        backend = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() ORDER BY pid"
        assert not second.take()
        before = watching.exec_driver_sql(backend).scalars().all()
        watching.rollback()
        assert not second.take()
        assert watching.exec_driver_sql(backend).scalars().all() == before
    assert caplog.text == ""
    first.release()
    assert second.take()
    second.release()
    other.close()
