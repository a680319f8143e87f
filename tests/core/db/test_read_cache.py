"""What was read is kept until somebody writes, through this database or another."""

import pytest
from sqlmodel import select

from core import Projects, connect
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


def test_a_second_reading_is_spared_while_nobody_writes(db: Database) -> None:
    _add(db, "a")
    reader = Reader(db)

    assert [reader.names(), reader.names()] == [["a"], ["a"]]
    assert reader.reads == 1


def test_a_write_through_any_connection_is_seen_at_once(db: Database) -> None:
    reader = Reader(db)
    assert reader.names() == []

    _add(db, "a")
    assert reader.names() == ["a"]

    with connect(db.data_dir) as other:
        _add(other, "b")
    assert reader.names() == ["a", "b"]


def test_other_arguments_are_another_value(db: Database) -> None:
    _add(db, "a")
    reader = Reader(db)

    assert (reader.names(), reader.names("!"), reader.names(suffix="!")) == (["a"], ["a!"], ["a!"])


def test_two_services_over_one_database_share_what_was_read(db: Database) -> None:
    first, second = Reader(db), Reader(db)
    first.names()
    second.names()

    assert (first.reads, second.reads) == (1, 0)


def test_a_reader_in_a_hurry_takes_what_was_read_a_moment_ago_although_others_wrote(db: Database) -> None:
    reader = Reader(db)
    reader.names()
    with connect(db.data_dir) as other:
        _add(other, "a")

    with db.read_cache.accept_recent():
        assert reader.names() == []
    assert reader.names() == ["a"]


def test_a_reader_in_a_hurry_sees_what_it_wrote_itself(db: Database) -> None:
    reader = Reader(db)
    with db.read_cache.accept_recent():
        assert reader.names() == []
        _add(db, "a")
        assert reader.names() == ["a"]


def test_what_is_older_than_a_second_is_read_anew_also_in_a_hurry(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read_cache, "RECENT_S", 0.0)
    reader = Reader(db)
    reader.names()
    with connect(db.data_dir) as other:
        _add(other, "a")

    with db.read_cache.accept_recent():
        assert reader.names() == ["a"]


def test_what_is_kept_for_all_is_never_made_of_what_was_read_in_a_hurry(db: Database) -> None:
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
