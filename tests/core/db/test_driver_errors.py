"""What a person can mend about the database is said in words, not reported as a bug."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from core import ProjectService
from core.db import Database, Projects, connect, driver_errors
from core.errors import ConfigurationError, InvalidInputError, StorageError


@contextmanager
def _no_more_pages(db: Database) -> Iterator[None]:
    """Make the database as large as it may become: SQLite answers as it does on a full disk."""
    with db.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    yield
    with db.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1000000")


def _fill(db: Database) -> None:
    with db.transaction() as session:
        session.add_all([Projects(name="x" * 100, description="y" * 4000) for _ in range(50)])


@pytest.mark.sqlite
async def test_a_full_disk_is_said_and_changes_nothing(db: Database) -> None:
    with _no_more_pages(db):
        with pytest.raises(StorageError, match="The disk is full"):
            _fill(db)
        with pytest.raises(StorageError, match="The disk is full"):  # the writer that groups small commits
            await db.write(lambda session: session.add_all([Projects(name="x" * 4000) for _ in range(50)]))
    assert ProjectService(db).list_projects() == []
    _fill(db)


@pytest.mark.sqlite
@pytest.mark.parametrize(("values", "said"), [({"name": "\ud83d"}, "half of a"), ({"max_images": 2**63}, "64 bits")])
def test_what_the_driver_cannot_store_is_said(db: Database, values: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInputError, match=said), db.transaction() as session:
        session.add(Projects(**{"name": "Shelf", **values}))


@pytest.mark.sqlite
def test_a_database_that_another_program_locks_is_said(
    db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.db.database.BUSY_TIMEOUT_S", 0.1)
    with connect(db.data_dir) as impatient, closing(sqlite3.connect(db.data_dir / "vitrine.db")) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StorageError, match="Another program has locked the database"):
            ProjectService(impatient).create_project("Shelf")
        other.rollback()
        ProjectService(impatient).create_project("Shelf")


@pytest.mark.sqlite
def test_a_database_that_is_damaged_while_it_is_open_is_said(db: Database) -> None:
    ProjectService(db).create_project("Shelf")
    db.engine.dispose()
    path = db.data_dir / "vitrine.db"
    path.write_bytes(b"\xff" * len(path.read_bytes()))
    with pytest.raises(StorageError, match=r"not a database.*vitrine doctor"):
        ProjectService(db).list_projects()


@pytest.mark.parametrize("url", ["postgresql+psycopg://localhost/v", "postgresql://localhost/v", "postgres://x/v"])
def test_a_postgresql_address_without_its_driver_says_what_to_install(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("psycopg", "psycopg2"):
        monkeypatch.setitem(__import__("sys").modules, name, None)
    with pytest.raises(ConfigurationError, match=r"postgresql\+psycopg:") as raised, connect(url):
        pass
    assert "pip install" in str(raised.value) or url.startswith("postgres:")


def test_an_address_that_is_none_is_said() -> None:
    with pytest.raises(ConfigurationError, match="not a database URL"), connect("nonsense://x"):
        pass


def test_another_kind_of_database_is_refused_with_those_that_work() -> None:
    with pytest.raises(ConfigurationError, match="SQLite or PostgreSQL only"), connect("mysql://localhost/v"):
        pass


def test_a_bug_stays_a_bug(db: Database) -> None:
    with pytest.raises(Exception, match=r"no such table|does not exist") as raised, db.reading() as session:
        session.connection().exec_driver_sql("SELECT * FROM missing_table")
    assert not isinstance(raised.value, StorageError)


class _ServerError(Exception):
    def __init__(self, text: str, code: str | None) -> None:
        super().__init__(text)
        self.sqlstate = code


@pytest.mark.parametrize(
    ("text", "code", "is_disconnect", "has_connection", "said"),
    [
        ("disk", "53100", False, True, "The disk of the database server is full"),
        ("lock", "55P03", False, True, "Another program has locked the database"),
        ("too slow", "57014", False, True, "stopped a statement that took too long"),
        ("full", "53300", False, True, "has no connection left"),
        ("FATAL: sorry, too many clients already", None, True, False, "has no connection left"),
        ("gone", "57P01", False, True, "does not answer"),
        ("gone", None, True, True, "does not answer"),
        ("connection refused", None, False, False, "does not answer"),
        ("FATAL: password authentication failed", None, False, False, "refuses the user or the password"),
        ('FATAL:  database "x" does not exist', None, False, False, "has no database of this name"),
        ("text fields cannot contain NUL (0x00) bytes", None, False, True, "contains the character NUL"),
        ("text fields cannot contain NUL (0x00) bytes", "22021", False, True, ""),
        ('Token "NaN" is invalid', "22P02", False, True, "A number is NaN or infinite"),
        ('Token "x" is invalid', "22P02", False, True, ""),
        ('Token "NaN" is invalid', "22000", False, True, ""),
        ("value out of range", "22003", False, True, "at most 64 bits"),
        ("cannot adapt type 'Images' using placeholder", None, False, True, "not a value of the type Images"),
        ("duplicate key", "23505", False, True, ""),
    ],
)
def test_what_a_server_answers_is_said_by_its_code(
    text: str, code: str | None, is_disconnect: bool, has_connection: bool, said: str
) -> None:
    context = SimpleNamespace(
        original_exception=_ServerError(text, code), dialect=SimpleNamespace(name="postgresql"),
        is_disconnect=is_disconnect, connection=object() if has_connection else None,
    )  # fmt: skip

    error = driver_errors._replacement(context)

    assert said in str(error) if said else error is None
