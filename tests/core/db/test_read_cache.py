"""The read cache: valid until a commit through this connection or another."""

import pytest
from sqlmodel import select

from core import Projects, ProjectService, connect
from core.db import Database, cached_until_write, read_cache


class Reader:
    """Counts how often it really reads."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self.reads = 0

    @cached_until_write
    def names(self, suffix: str = "") -> list[str]:
        self.reads += 1
        with self._db.reading() as session:
            return [name + suffix for name in session.exec(select(Projects.name).order_by(Projects.name))]


def _add(db: Database, name: str) -> None:
    with db.transaction() as session:
        session.add(Projects(name=name))


def test_a_second_read_comes_from_the_cache_until_a_commit(db: Database) -> None:
    _add(db, "a")
    reader = Reader(db)

    assert [reader.names(), reader.names()] == [["a"], ["a"]]
    assert reader.reads == 1


def test_a_commit_of_any_connection_invalidates_the_cache(db: Database) -> None:
    reader = Reader(db)
    assert reader.names() == []

    _add(db, "a")
    assert reader.names() == ["a"]

    with connect(db.data_dir) as other:
        _add(other, "b")
    assert reader.names() == ["a", "b"]


def test_arguments_are_part_of_the_key(db: Database) -> None:
    _add(db, "a")
    reader = Reader(db)

    assert (reader.names(), reader.names("!"), reader.names(suffix="!")) == (["a"], ["a!"], ["a!"])


def test_two_services_over_one_database_share_the_cache(db: Database) -> None:
    first, second = Reader(db), Reader(db)
    first.names()
    second.names()

    assert (first.reads, second.reads) == (1, 0)


def test_a_reader_that_accepts_recent_values_gets_one_although_others_committed(db: Database) -> None:
    reader = Reader(db)
    reader.names()
    with connect(db.data_dir) as other:
        _add(other, "a")

    with db.read_cache.accept_recent():
        assert reader.names() == []
    assert reader.names() == ["a"]


def test_a_reader_that_accepts_recent_values_sees_its_own_writes(db: Database) -> None:
    reader = Reader(db)
    with db.read_cache.accept_recent():
        assert reader.names() == []
        _add(db, "a")
        assert reader.names() == ["a"]


def test_a_value_older_than_the_limit_is_read_again_by_every_reader(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read_cache, "RECENT_S", 0.0)
    reader = Reader(db)
    reader.names()
    with connect(db.data_dir) as other:
        _add(other, "a")

    with db.read_cache.accept_recent():
        assert reader.names() == ["a"]


def test_a_cached_value_is_never_computed_from_stale_values(db: Database) -> None:
    class Twice(Reader):
        @cached_until_write
        def doubled(self) -> list[str]:
            return self.names() * 2

    reader = Twice(db)
    reader.names()
    with connect(db.data_dir) as other:
        _add(other, "a")

    with db.read_cache.accept_recent():
        assert reader.doubled() == ["a", "a"]


def test_the_least_recently_used_value_is_evicted_first(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read_cache, "MAX_VALUES", 2)
    cache = read_cache.ReadCache(db.data_version)
    computed: list[str] = []

    def read(key: str) -> None:
        cache.get(key, lambda: computed.append(key))

    for key in ("a", "b", "a", "c", "a", "b"):
        read(key)
    assert computed == ["a", "b", "c", "b"]


def test_a_caller_may_change_what_it_got_without_changing_what_others_get(db: Database) -> None:
    projects = ProjectService(db)
    project = projects.create_project("Shelf")
    projects.get_project(project.id).name = "Other"
    projects.list_projects()[0].name = "Other"
    projects.list_projects().clear()
    projects.summaries()[0].project.name = "Other"
    assert projects.get_project(project.id).name == "Shelf"
    assert [row.name for row in projects.list_projects()] == ["Shelf"]
    assert projects.summaries()[0].project.name == "Shelf"


def test_a_cached_row_can_be_merged_and_copied(db: Database) -> None:
    project = ProjectService(db).create_project("Shelf")
    ProjectService(db).get_project(project.id)
    cached = ProjectService(db).get_project(project.id)
    copied = cached.model_copy(update={"name": "Copy"})
    cached.name = "Kitchen"
    with db.transaction() as session:
        session.add(cached)
    assert (copied.name, ProjectService(db).get_project(project.id).name) == ("Copy", "Kitchen")


def test_a_row_read_in_a_transaction_can_be_changed_after_it_was_cached(db: Database) -> None:
    project = ProjectService(db).create_project("Shelf")
    ProjectService(db).get_project(project.id)
    assert ProjectService(db).rename_project(project.id, "Kitchen").name == "Kitchen"
