"""What a person prefers, in all projects or in one: kept until they change it."""

from typing import Any

from sqlalchemy import delete
from sqlmodel import col, select

from core.db import Database, Preferences, cached_until_write


class PreferenceService:
    """The preferences of people, who are known by their account, or by their name where there are no accounts."""

    def __init__(self, db_session: Database) -> None:
        self._db = db_session

    @cached_until_write
    def get(self, person: str, name: str, project_id: str | None = None) -> dict[str, Any]:
        """Return a preference; empty when the person has not set it."""
        query = select(Preferences).where(*_of(person, name, project_id)).order_by(col(Preferences.update_at).desc())
        with self._db.reading() as session:
            found = session.exec(query.limit(1)).first()
            return dict(found.value) if found is not None else {}

    def put(self, person: str, name: str, value: dict[str, Any], project_id: str | None = None) -> None:
        """Set a preference; an empty *value* removes it."""
        with self._db.transaction() as session:
            session.execute(delete(Preferences).where(*_of(person, name, project_id)))
            if value:
                session.add(Preferences(person=person, name=name, value=value, project_id=project_id))


def _of(person: str, name: str, project_id: str | None) -> tuple[Any, ...]:
    return (
        col(Preferences.person) == person, col(Preferences.name) == name,
        col(Preferences.project_id).is_(None) if project_id is None else col(Preferences.project_id) == project_id,
    )  # fmt: skip
