"""Which entries of a project are open, confirmed or rejected; where that is looked up differs between databases.

SQLite has an index of decisions. PostgreSQL writes a changed row anew into every index of its table as soon as one of
them holds a changed column. So none of its indexes holds what is decided: triggers keep it in the narrow table
``entry_states`` (m0030), and a decision writes into no index of ``image_datasets`` where its page has room.
"""

from sqlalchemy import FromClause, Select, column, func, select, table
from sqlmodel import Session

from core.db.base import UtcDateTime

_STATES = table(
    "entry_states", column("entry_id"), column("project_id"), column("state"), column("create_at", UtcDateTime())
)


def has_entry_states(session: Session) -> bool:
    """Return whether this database looks up decisions in a table of their own."""
    return session.get_bind().dialect.name != "sqlite"


def states_with(project_id: str, decision: str) -> FromClause:
    """Return ``entry_id`` and ``create_at`` of the existing entries of a project with a decision, for a join."""
    return (
        select(_STATES.c.entry_id, _STATES.c.create_at)
        .where(_STATES.c.project_id == project_id, _STATES.c.state == decision)
        .subquery("decided")
    )


def ids_with(project_id: str, decision: str) -> Select[tuple[str]]:
    """Return the query of the ids of the existing entries of a project with a decision."""
    return select(states_with(project_id, decision).c.entry_id)


def count_with(session: Session, project_id: str, decision: str) -> int:
    """Count the existing entries of a project with a decision."""
    found = states_with(project_id, decision)
    return int(session.execute(select(func.count()).select_from(found)).scalar_one())
