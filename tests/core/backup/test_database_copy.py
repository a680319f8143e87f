import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from core.backup import database_copy
from core.backup.database_copy import copy_database, open_copy
from core.db import Database
from core.errors import StorageError

pytestmark = pytest.mark.sqlite  # its twin for PostgreSQL is test_server_copy.py


def _rows(copy: Path) -> tuple[int, int]:
    with open_copy(copy) as connection:
        first = connection.execute("SELECT COUNT(*) FROM pairs WHERE half = 1").fetchone()[0]
        return first, connection.execute("SELECT COUNT(*) FROM pairs WHERE half = 2").fetchone()[0]


def test_a_copy_taken_while_others_write_without_a_pause_is_one_moment(
    db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each transaction writes a pair: a copy with half a pair would be of two moments."""
    monkeypatch.setattr(database_copy, "_PAGES_PER_STEP", 20)
    source, stopped = db.data_dir / "vitrine.db", threading.Event()
    with closing(sqlite3.connect(source)) as connection, connection:
        connection.execute("CREATE TABLE pairs (half INTEGER, filler TEXT)")

    def write() -> None:
        with closing(sqlite3.connect(source, timeout=30)) as connection:
            while not stopped.is_set():
                with connection:
                    connection.executemany("INSERT INTO pairs VALUES (?, ?)", [(half, "x" * 2000) for half in (1, 2)])

    writer = threading.Thread(target=write)
    writer.start()
    try:
        copies = [tmp_path / f"{number}.db" for number in range(3)]
        for copy in copies:
            assert copy_database(source, copy).isdigit()
    finally:
        stopped.set()
        writer.join()
    counts = [_rows(copy) for copy in copies]
    assert all(first == second for first, second in counts)
    assert [path.name for path in tmp_path.iterdir() if "journal" in path.name or "wal" in path.name] == []


def test_a_missing_database_is_said_and_none_is_made(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="There is no database"):
        copy_database(tmp_path / "none.db", tmp_path / "copy.db")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_database_cannot_be_copied(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("not a database " * 1000)
    with pytest.raises(StorageError, match="cannot be copied"):
        copy_database(tmp_path / "text.db", tmp_path / "copy.db")
