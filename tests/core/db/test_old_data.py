"""Data that the code of two schema versions back wrote is still opened."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine
from typer.testing import CliRunner

from core import ImageDatasetService, ImageService, ProjectService
from core.cli import app
from core.db import connect, migrate

pytestmark = pytest.mark.sqlite


def _version(path: Path) -> str:
    with closing(sqlite3.connect(path)) as connection:
        return str(connection.execute("SELECT version_num FROM alembic_version").fetchone()[0])


def test_data_of_two_versions_back_is_upgraded_and_keeps_its_rows(tmp_path: Path) -> None:
    data, versions = tmp_path / "data", migrate.known_versions()
    data.mkdir()
    old = create_engine(f"sqlite:///{data / 'vitrine.db'}")
    with old.begin() as connection:
        script = ScriptDirectory(str(migrate.MIGRATIONS_DIR))
        migrate.run_migrations(connection, script, versions[-3])
        _insert(connection, "projects", id="p", name="Shelf")
        _insert(connection, "images", id="i", project_id="p", image_name="red.png", path="aa/a.png", sha256="a" * 64)
        _insert(connection, "image_datasets", id="e", project_id="p", image_id="i", question="What?", answer="Red")
    old.dispose()
    with connect(data) as db:
        assert ProjectService(db).get_project("p").name == "Shelf"
        (entry,) = ImageDatasetService(db).list_dataset_entries("p")
        assert (entry.id, entry.question, entry.answer, entry.image_ids) == ("e", "What?", "Red", ["i"])
        assert ImageService(db).list_images("p")[0].image_name == "red.png"
    assert _version(data / "vitrine.db") == versions[-1]
    copy = data / "backups" / f"before-{versions[-1]}.db"
    assert _version(copy) == versions[-3]


def _insert(connection: Connection, table: str, **values: object) -> None:
    """Insert a row into a table of any version: a column that must have a value and was not named gets a plain one."""
    plain: dict[str, object] = {"INTEGER": 0, "BOOLEAN": 0, "FLOAT": 0, "DATETIME": "2026-01-01 00:00:00", "JSON": "{}"}
    for _, name, kind, is_needed, default, _ in connection.exec_driver_sql(f"PRAGMA table_info({table})").fetchall():
        if is_needed and default is None and name not in values:
            values[name] = plain.get(kind, "")
    names = ", ".join(values)
    marks = ", ".join("?" * len(values))
    connection.exec_driver_sql(f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(values.values()))  # noqa: S608


def test_a_command_refuses_a_database_of_a_newer_version_with_what_to_do() -> None:
    with connect() as db, db.transaction() as session:
        session.connection().exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    refused = CliRunner().invoke(app, ["project", "list"])
    assert (refused.exit_code, refused.stdout, refused.stderr.strip()) == (1, "", migrate.NEWER_DATABASE)
