"""About how many rows a table has."""

import pytest

from core.db import Database, Projects
from core.db.row_count import about_rows


def test_an_empty_table_has_no_rows(db: Database) -> None:
    with db.reading() as session:
        assert about_rows(session, Projects) == 0


@pytest.mark.sqlite
def test_rows_are_counted_up_to_the_last_one(db: Database) -> None:
    with db.transaction() as session:
        session.add_all([Projects(name="One"), Projects(name="Two")])
    with db.reading() as session:
        assert about_rows(session, Projects) == 2
