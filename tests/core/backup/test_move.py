"""A database that moves to the other kind and back is the same one."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlmodel import Session, select

from core import ImageDatasets, Projects, connect
from core.backup import move as move_module
from core.backup import move_database
from core.db import Database, Events, Tasks
from core.db.base import Base
from core.db.lease import task_lease
from core.errors import ConflictError, InvalidInputError, StorageError
from core.services import Services
from tests import postgresql
from tests.core.moving import projects


@pytest.fixture
def source(tmp_path: Path) -> Iterator[Database]:
    """Return a SQLite file with rows in most tables."""
    with connect(tmp_path / "first.db") as db:
        services = Services(db)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(projects, "NUL", "")  # PostgreSQL stores no such text, and says so
            projects.make(services)
        services.close(keep_image_workers=True)
        yield db


def _raw(db: Database) -> dict[str, list[str]]:
    """Return every value of every table as its database stores it, counts that triggers make included."""
    with db.reading() as session:
        return {
            one.name: sorted(repr(tuple(row)) for part in move_module._rows(one, session) for row in part)
            for one in Base.metadata.sorted_tables
        }


@pytest.mark.postgresql
def test_a_database_goes_to_postgresql_and_back_unchanged(source: Database, tmp_path: Path) -> None:
    url, back = postgresql.new_empty_database(), str(tmp_path / "back.db")
    report = move_database(source, url)
    assert report.rows["image_datasets"] > 0
    assert report.rows["entry_images"] > 0
    with connect(url) as server:
        assert _raw(server) == _raw(source)
        with server.transaction() as session:  # the numbers of rows continue behind those that came
            session.add(Events(batch_id="b", project_id="p", entity="e", entity_id="e", action="a", actor="x"))
            session.flush()
            session.rollback()
        move_database(server, back)
    with connect(back) as again:
        assert _raw(again) == _raw(source)
        with again.reading() as session:
            assert session.execute(text("PRAGMA foreign_key_check")).all() == []


def test_what_cannot_move_says_why_and_changes_nothing(source: Database, tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="has rows already"):
        move_database(source, str(tmp_path / "first.db"))
    lease = task_lease(source)
    assert lease.take()
    with pytest.raises(ConflictError, match="Stop it"):
        move_database(source, str(tmp_path / "second.db"))
    lease.release()


def test_a_row_that_comes_out_otherwise_undoes_the_move(
    source: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = move_module._copy

    def lose_a_letter(one: object, reading: Session, writing: Session) -> None:
        copy(one, reading, writing)  # type: ignore[arg-type]
        if one is Tasks.__table__:  # type: ignore[attr-defined]
            writing.execute(text("UPDATE projects SET name = 'Kitchen'"))

    monkeypatch.setattr(move_module, "_copy", lose_a_letter)
    with pytest.raises(StorageError, match="projects has"):
        move_database(source, str(tmp_path / "second.db"))
    with connect(tmp_path / "second.db") as second, second.reading() as session:
        assert (session.exec(select(Projects)).all(), session.exec(select(ImageDatasets)).all()) == ([], [])
