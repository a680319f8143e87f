"""What the query planner of PostgreSQL has to be told, and that of SQLite not."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import text
from sqlmodel import Session

# Until the end of the transaction, at most.
_SET_SORTING = text(
    "SELECT set_config(name, :value, true)"
    " FROM unnest(ARRAY['enable_sort', 'enable_incremental_sort', 'enable_gathermerge']) AS names (name)"
)


def reads_all_for_alternatives(session: Session) -> bool:
    """Return whether ``a IN (query) OR b IN (query)`` reads every row.

    PostgreSQL does; SQLite looks both up, each in its index.
    """
    return session.get_bind().dialect.name != "sqlite"


@contextmanager
def rows_in_order_of_an_index(session: Session) -> Iterator[None]:
    """Let a query with ORDER BY and LIMIT be read in the order of an index until it is full.

    PostgreSQL takes a text in a row for rare whatever it is, reads all rows and sorts those that it found.
    """
    if session.get_bind().dialect.name == "sqlite":
        yield
        return
    session.execute(_SET_SORTING, {"value": "off"})
    yield
    session.execute(_SET_SORTING, {"value": "on"})
