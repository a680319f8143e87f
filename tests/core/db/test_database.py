"""Opening a database, its transactions, and what SQLite is told."""

import logging
import sqlite3
import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError, StatementError
from sqlmodel import select

from core.config import Settings
from core.db import Database, Projects, connect, utc_now
from core.db.database import journal_mode
from core.errors import ConfigurationError, InvalidInputError, StorageError
from core.projects import ProjectService


def _names(db: Database) -> list[str]:
    with db.reading() as session:
        return sorted(session.exec(select(Projects.name)))


def test_leaving_a_transaction_commits(db: Database) -> None:
    with db.transaction() as session:
        session.add(Projects(name="Shelf"))
    assert _names(db) == ["Shelf"]


def test_rollback_an_error_inside_a_transaction_undoes_all_of_it(db: Database) -> None:
    with pytest.raises(RuntimeError, match="half way"), db.transaction() as session:
        session.add(Projects(name="Shelf"))
        session.flush()
        raise RuntimeError("half way")
    assert _names(db) == []


def test_rows_can_be_read_after_their_transaction(db: Database) -> None:
    with db.transaction() as session:
        project = Projects(name="Shelf")
        session.add(project)
    assert (project.name, len(project.id)) == ("Shelf", 21)
    with db.reading() as session:
        again = session.exec(select(Projects)).one()
    assert again.create_at == project.create_at


def test_a_reading_sees_one_state_while_others_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Without a write-ahead log writers wait for readers instead.
    monkeypatch.setattr("core.db.database.journal_mode", lambda: "WAL")
    with connect(tmp_path) as db:
        with db.reading() as session:
            assert session.exec(select(Projects)).all() == []
            with db.transaction() as writing:
                writing.add(Projects(name="Shelf"))
            assert session.exec(select(Projects)).all() == []
        assert _names(db) == ["Shelf"]


def test_two_writers_that_get_or_create_make_one_row(db: Database) -> None:
    start = threading.Barrier(8)
    made: list[bool] = []

    def get_or_create() -> None:
        start.wait()
        with db.transaction() as session:
            missing = session.exec(select(Projects).where(Projects.name == "Shelf")).first() is None
            if missing:
                session.add(Projects(name="Shelf"))
        made.append(missing)

    writers = [threading.Thread(target=get_or_create) for _ in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert sorted(made) == [False] * 7 + [True]
    assert _names(db) == ["Shelf"]


def test_times_come_back_aware_and_in_utc(db: Database) -> None:
    istanbul = timezone(timedelta(hours=3))
    with db.transaction() as session:
        session.add(Projects(name="Shelf", deleted_at=datetime(2026, 3, 1, 2, 30, tzinfo=istanbul)))
    with db.reading() as session:
        kept = session.exec(select(Projects.deleted_at)).one()
    assert kept == datetime(2026, 2, 28, 23, 30, tzinfo=UTC)
    assert kept is not None
    assert kept.utcoffset() == timedelta(0)
    assert utc_now().utcoffset() == timedelta(0)


def test_a_time_without_a_zone_is_refused(db: Database) -> None:
    with pytest.raises(StatementError, match="time zone"), db.transaction() as session:
        session.add(Projects(name="Shelf", deleted_at=datetime(2026, 3, 1)))
        session.flush()


def test_a_change_moves_update_at_and_leaves_create_at(db: Database) -> None:
    with db.transaction() as session:
        project = Projects(name="Shelf")
        session.add(project)
    made, changed = project.create_at, project.update_at
    with db.transaction() as session:
        again = session.get(Projects, project.id)
        assert again is not None
        again.name = "Board"
    assert again.create_at == made
    assert again.update_at > changed


def test_errors_do_not_carry_what_people_wrote(db: Database, caplog: pytest.LogCaptureFixture) -> None:
    with db.transaction() as session:
        session.add(Projects(id="a" * 21, name="Shelf"))
    with pytest.raises(IntegrityError) as raised, caplog.at_level(logging.DEBUG), db.transaction() as session:
        session.add(Projects(id="a" * 21, name="a private name"))
    assert "a private name" not in str(raised.value)
    assert "a private name" not in caplog.text


@pytest.mark.parametrize(
    ("version", "mode"),
    [
        ((3, 40, 1), "TRUNCATE"),
        ((3, 44, 5), "TRUNCATE"),
        ((3, 44, 6), "WAL"),
        ((3, 45, 0), "TRUNCATE"),
        ((3, 50, 6), "TRUNCATE"),
        ((3, 50, 7), "WAL"),
        ((3, 51, 0), "TRUNCATE"),
        ((3, 51, 2), "TRUNCATE"),
        ((3, 51, 3), "WAL"),
        ((3, 52, 0), "WAL"),
        ((4, 0, 0), "WAL"),
    ],
)
def test_the_write_ahead_log_is_used_only_where_sqlite_is_repaired(version: tuple[int, int, int], mode: str) -> None:
    assert journal_mode(version) == mode


@pytest.mark.sqlite
def test_a_connection_is_told_what_every_connection_needs(db: Database) -> None:
    with db.engine.connect() as connection:

        def pragma(name: str) -> object:
            return connection.exec_driver_sql(f"PRAGMA {name}").scalar()

        assert pragma("foreign_keys") == 1
        assert pragma("busy_timeout") == 30_000
        assert pragma("journal_mode") == journal_mode(sqlite3.sqlite_version_info).lower()
        assert pragma("synchronous") in {1, 2}


@pytest.mark.sqlite
def test_a_directory_a_file_and_a_url_open_the_same_database(tmp_path: Path) -> None:
    with connect(tmp_path) as db, db.transaction() as session:
        session.add(Projects(name="Shelf"))
    for target in (tmp_path, str(tmp_path), tmp_path / "vitrine.db", f"sqlite:///{tmp_path / 'vitrine.db'}"):
        with connect(target) as db:
            assert _names(db) == ["Shelf"]


@pytest.mark.sqlite
def test_without_a_target_the_configured_data_directory_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VITRINE_DATA_DIR", str(tmp_path / "elsewhere"))
    with connect() as db:
        assert db.data_dir == tmp_path / "elsewhere"
        assert db.settings == Settings()
    assert (tmp_path / "elsewhere" / "vitrine.db").exists()


def test_a_database_stays_open_without_a_block_until_it_is_closed(tmp_path: Path) -> None:
    db = connect(tmp_path / "data")
    ProjectService(db).create_project("Shelf")
    names: list[str] = []
    cell = threading.Thread(target=lambda: names.extend(one.name for one in ProjectService(db).list_projects()))
    cell.start()
    cell.join()
    assert names == ["Shelf"]
    db.close()
    db.close()
    for use in (
        ProjectService(db).list_projects,
        lambda: ProjectService(db).create_project("Late"),
        lambda: db.submit(str),
    ):
        with pytest.raises(InvalidInputError, match=r"This database is closed\. Open it again"):
            use()


def test_a_data_directory_that_cannot_be_made_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    with pytest.raises(StorageError, match=r"cannot be written .* set VITRINE_DATA_DIR to another one"):
        connect(tmp_path / "data" / "below")


@pytest.mark.parametrize("url", ["nonsense://", "sqlite+nothing:///a.db"])
def test_a_url_that_cannot_be_opened_is_refused_with_an_example(url: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="Use for example sqlite:///"):
        connect(url)


def test_reading_inside_reading_is_one_view_that_no_waiting_writer_can_block(db: Database) -> None:
    """With a second connection: the writer waits for the first reader, who waits for the writer, for 30 s."""
    reading, done = threading.Event(), threading.Event()

    def write() -> None:
        reading.wait(60)
        with db.transaction() as session:
            session.add(Projects(name="Shelf"))
        done.set()

    writer = threading.Thread(target=write)
    writer.start()
    with db.reading() as outer:
        assert list(outer.exec(select(Projects.name))) == []
        reading.set()
        done.wait(0.2)  # with a rollback journal, the writer waits for the reader from here on
        with db.reading() as inner:
            assert inner is outer
        assert _names(db) == []
    writer.join(60)
    assert _names(db) == ["Shelf"]


def test_each_thread_reads_for_itself(db: Database) -> None:
    found: list[object] = []

    def read() -> None:
        with db.reading() as session:
            found.append(session)

    with db.reading() as mine:
        reader = threading.Thread(target=read)
        reader.start()
        reader.join(60)
    assert found != []
    assert found[0] is not mine
