"""On PostgreSQL the work for many entries grows with their number, not with its square.

What is counted are the rows that the server reads, in tables and in indexes, so that a loaded machine changes nothing.
"""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Connection, event, text

from core import ImageDatasetService, ProjectService, connect
from core.dataset import EntryQueries, ReviewService, parse_search
from core.db import Database, insert_entries
from tests.core.dataset.conftest import add_image

Act = Callable[[Database, str, int], None]

pytestmark = pytest.mark.postgresql

_READ = text(
    "SELECT (SELECT sum(seq_tup_read) FROM pg_stat_user_tables) + (SELECT sum(idx_tup_read) FROM pg_stat_user_indexes)"
)


def _insert(db: Database, project_id: str, count: int) -> None:
    images = [add_image(db, project_id, f"{number}.jpg") for number in range(count // 5)]
    rows = [
        {
            "project_id": project_id, "image_id": image.id, "image_name": image.image_name, "kind": "count",
            "question": f"What is {number}?", "answer": f"Number {number}", "tags": "draft",
        }
        for image in images
        for number in range(5)
    ]  # fmt: skip
    with db.transaction() as session:
        insert_entries(session, rows)


def _in_bulk(action: str, value: str | None, **changed: object) -> Act:
    """Return what acts on all entries, changes one of them, and undoes the others."""

    def act(db: Database, project_id: str, count: int) -> None:
        review = ReviewService(db)
        batch_id = review.bulk(project_id, parse_search("kind:count"), action, value).batch_id
        entry = EntryQueries(db).find_entries(project_id, parse_search(""), limit=1).items[0]
        ImageDatasetService(db).update_dataset_entry(entry.id, **changed)
        undone = review.undo(project_id, batch_id=batch_id)
        assert undone is not None
        assert (undone.undone, undone.conflicts) == (count - 1, 1)

    return act


@pytest.fixture
def rows_read(tmp_path: Path) -> Callable[[Act, int], int]:
    def count(act: Act, entries: int) -> int:
        """Return how many rows *act* reads in a database with so many *entries*, or that gets them."""
        (tmp_path / str(entries)).mkdir()
        with connect(tmp_path / str(entries)) as db:
            project_id = ProjectService(db).create_project("Shelf").id
            if act is not _insert:
                _insert(db, project_id, entries)
            event.listen(db.engine, "commit", _report)
            _rows_read(db)
            before = _rows_read(db)
            act(db, project_id, entries)
            return _rows_read(db) - before

    return count


def _report(connection: Connection) -> None:
    """Let what a transaction has read be counted when it ends, not within a second."""
    connection.exec_driver_sql("SELECT pg_stat_force_next_flush()")


def _rows_read(db: Database) -> int:
    with db.engine.begin() as connection:
        return int(connection.execute(_READ).scalar_one())


@pytest.mark.parametrize(
    "act",
    [_insert, _in_bulk("confirm", None, confirmed=False), _in_bulk("tag", "sorted", tags="other")],
    ids=["import", "confirm", "tag"],
)
def test_twice_as_many_entries_make_the_server_read_twice_as_many_rows(
    act: Act, rows_read: Callable[[Act, int], int]
) -> None:
    few, many = rows_read(act, 200), rows_read(act, 400)
    assert 200 < few < many < 2.5 * few
