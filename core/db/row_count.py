"""About how many rows a table has, without counting them; the SQL differs between databases."""

from sqlalchemy import func, literal_column, select, text
from sqlmodel import Session

from core.db.base import Base


def about_rows(session: Session, table: type[Base]) -> int:
    """Return about how many rows *table* has: on SQLite by its last rowid, on PostgreSQL by its statistics.

    0 on PostgreSQL until it has gathered statistics, within a minute of the first rows.
    """
    if session.get_bind().dialect.name == "sqlite":
        return session.scalar(select(func.max(literal_column("rowid"))).select_from(table)) or 0
    estimate = text("SELECT reltuples FROM pg_class WHERE oid = to_regclass(:name)")
    return max(0, int(session.scalar(estimate, {"name": str(table.__tablename__)}) or 0))
