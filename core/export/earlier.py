"""Earlier exports of a project: what an export has that they had not, and the splits that it keeps."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlmodel import col, select

from core.db import Database, Exports
from core.errors import InvalidInputError
from core.export.entry_index import EarlierEntries, EntryIndex, IndexChanges
from core.export.formats.recipes import parse_recipe
from core.export.recipe import ExportRecipe
from core.export.selecting.removed import RemovedEntry, removed_entries

_MAX_COMPARED = 50


@dataclass(frozen=True)
class Changes:
    """What an export adds, changes and removes, compared with an earlier one."""

    added: int
    changed: int
    removed: Sequence[RemovedEntry]


class EarlierExports:
    """Stores the index of each export and compares a new one with them.

    Args:
        db: The database.
        directory: Where the indexes lie.
    """

    def __init__(self, db: Database, directory: Path) -> None:
        self._db = db
        self._directory = directory

    def save(self, export_id: str, index: EntryIndex) -> None:
        """Store the index of an export."""
        self._directory.mkdir(parents=True, exist_ok=True)
        index.save(self._path(export_id))

    def entries_since(self, project_id: str, recipe: ExportRecipe) -> EarlierEntries | None:
        """Return the entries of the export that *recipe* continues, None when it continues none.

        Raises:
            InvalidInputError: The project has no such export, or it was made before exports had an index.
        """
        if not recipe.since:
            return None
        with self._db.reading() as session:
            export = session.get(Exports, recipe.since)
        if export is None or export.project_id != project_id or not self._path(recipe.since).is_file():
            raise InvalidInputError(
                "The earlier export does not exist any more, or nobody knows what was in it. Choose another one, or "
                "export everything.",
                field="since",
            )
        return EarlierEntries(self._path(recipe.since))

    def changes(self, project_id: str, recipe: ExportRecipe, index: EntryIndex) -> Changes | None:
        """Return the changes since the export that *recipe* continues, or since the last one by the same recipe.

        None without one. Exports of exactly the same entries are skipped, so that running a recipe twice gives the
        same bytes.
        """
        if recipe.since:
            return self._named(index.changes_since(self._path(recipe.since)))
        for export in self._newest(project_id):
            path = self._path(export.id)
            if _equals_recipe(export.recipe, recipe) and path.is_file() and index.differs_from(path):
                return self._named(index.changes_since(path))
        return None

    def _named(self, changes: IndexChanges) -> Changes:
        with self._db.reading() as session:
            removed = removed_entries(session, changes.removed)
        return Changes(changes.added, changes.changed, removed)

    def _newest(self, project_id: str) -> list[Exports]:
        query = select(Exports).where(Exports.project_id == project_id)
        query = query.order_by(col(Exports.create_at).desc(), col(Exports.id)).limit(_MAX_COMPARED)
        with self._db.reading() as session:
            return list(session.exec(query))

    def _path(self, export_id: str) -> Path:
        return self._directory / export_id


def _equals_recipe(stored: dict[str, Any], recipe: ExportRecipe) -> bool:
    """Return whether *stored* equals the recipe; one of an older version is completed before it is compared."""
    try:
        return parse_recipe(stored) == recipe
    except InvalidInputError:
        return False
