"""What connect accepts, and what it says about everything else."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from core import ProjectService
from core.db import connect
from core.errors import ConfigurationError, InvalidInputError, StorageError


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cwd").mkdir()
    monkeypatch.chdir(tmp_path / "cwd")
    monkeypatch.delenv("VITRINE_DATA_DIR", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))


def _files(directory: Path) -> set[str]:
    return {str(path.relative_to(directory)) for path in directory.rglob("*")}


@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("target", "database", "data_dir"),
    [
        ("{0}/new", "new/vitrine.db", "new"),
        (Path("{0}/new.db"), "new.db", "."),
        ("sqlite:///{0}/sub/new.db", "sub/new.db", "sub"),
        ("sqlite:///{0}/named.data?timeout=5", "named.data", "."),
        ("~/mine", "home/mine/vitrine.db", "home/mine"),
    ],
)
def test_a_database_is_made_where_it_is_named_and_nowhere_else(
    target: str | Path, database: str, data_dir: str, tmp_path: Path
) -> None:
    named = type(target)(str(target).format(tmp_path))
    if str(named).startswith("sqlite:"):
        (tmp_path / "sub").mkdir()
    with connect(named) as db:
        ProjectService(db).create_project("Shelf")
        assert db.data_dir.resolve() == (tmp_path / data_dir).resolve()

    assert (tmp_path / database).is_file()
    assert _files(tmp_path / "cwd") == set()


def test_a_configured_data_directory_is_used_with_a_url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VITRINE_DATA_DIR", str(tmp_path / "images"))
    with connect(f"sqlite:///{tmp_path}/new.db") as db:
        assert db.data_dir == tmp_path / "images"


def test_a_database_in_memory_makes_no_directory(tmp_path: Path) -> None:
    with connect("sqlite://") as db:
        assert db.data_dir == Path("data").absolute()

    assert _files(tmp_path / "cwd") == set()


def test_a_file_of_another_name_is_opened_by_its_content(tmp_path: Path) -> None:
    with connect(tmp_path / "first.db") as db:
        ProjectService(db).create_project("Shelf")
    (tmp_path / "first.db").rename(tmp_path / "backup.copy")

    with connect(tmp_path / "backup.copy") as db:
        assert [project.name for project in ProjectService(db).list_projects()] == ["Shelf"]


@pytest.mark.parametrize("target", [5, b"data", "", "  ", ["data"], "a\0b", object()])
def test_what_is_no_path_and_no_url_says_what_to_pass(target: Any) -> None:
    with (
        pytest.raises(InvalidInputError, match="Pass connect a data directory, the path of a SQLite file") as caught,
        connect(target),
    ):
        pass

    assert caught.value.field == "target"


def test_a_file_that_is_no_database_says_so(tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(b"\xff\xd8\xff")
    with (
        pytest.raises(InvalidInputError, match=r"photo\.jpg is a file and no SQLite database"),
        connect(tmp_path / "photo.jpg"),
    ):
        pass


@pytest.mark.sqlite
@pytest.mark.parametrize("content", [b"not a database at all" * 100, b"SQLite format 3\0" + b"\1" * 2000])
def test_a_damaged_database_is_named_with_its_backups(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "backups").mkdir()
    (tmp_path / "backups" / "before-0007.db").touch()
    (tmp_path / "vitrine.db").write_bytes(content)
    words = r"vitrine\.db cannot be opened \(.*\)\. If the file is damaged"
    with pytest.raises(StorageError, match=words) as caught, connect(tmp_path):
        pass

    assert f"Copies from before upgrades are in {tmp_path / 'backups'}." in str(caught.value)
    assert (tmp_path / "vitrine.db").read_bytes() == content


@pytest.mark.sqlite
def test_a_directory_in_the_place_of_the_database_says_so(tmp_path: Path) -> None:
    (tmp_path / "vitrine.db").mkdir()
    with pytest.raises(StorageError, match=r"cannot be opened .unable to open database file"), connect(tmp_path):
        pass


def test_a_database_of_another_program_is_not_changed(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "shop.db")) as connection:
        connection.execute("CREATE TABLE orders (id INTEGER)")
        connection.commit()
    before = (tmp_path / "shop.db").read_bytes()
    with (
        pytest.raises(ConfigurationError, match=r"shop\.db has tables of another program"),
        connect(tmp_path / "shop.db"),
    ):
        pass

    assert (tmp_path / "shop.db").read_bytes() == before
