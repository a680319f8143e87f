"""Earlier exports of a project: what an export has that they had not, and the splits that it keeps."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlmodel import col, select

from core.db import Database, Exports
from core.errors import InvalidInputError, MissingFileError
from core.export.entry_index import EarlierEntries, EntryIndex, IndexChanges
from core.export.formats.recipes import parse_recipe
from core.export.recipe import ExportRecipe
from core.export.selecting.removed import RemovedEntry, removed_entries
from core.shared_files import SharedFiles

_MAX_COMPARED = 50
_DIRECTORY = ".entries"


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
        files: Those of exports.
    """

    def __init__(self, db: Database, files: SharedFiles) -> None:
        self._db = db
        self._files = files

    def save(self, bundle: str, index: EntryIndex) -> None:
        """Store the index of an export, whose *bundle* has this path."""
        path = self._files.path_here(_index_of(bundle))
        path.parent.mkdir(parents=True, exist_ok=True)
        index.save(path)
        self._files.put(_index_of(bundle))

    def share(self, project_id: str) -> None:
        """Send the indexes to workers that are only here: those of exports from before there were any."""
        known = self._files.names(_DIRECTORY)
        for export in self._newest(project_id):
            name = _index_of(export.path)
            if name not in known and self._files.path_here(name).is_file():
                self._files.put(name)

    def entries_since(self, project_id: str, recipe: ExportRecipe) -> EarlierEntries | None:
        """Return the entries of the export that *recipe* continues, None when it continues none.

        Raises:
            InvalidInputError: The project has no such export, or it was made before exports had an index.
        """
        if not recipe.since:
            return None
        with self._db.reading() as session:
            export = session.get(Exports, recipe.since)
        path = self._path(export) if export is not None and export.project_id == project_id else None
        if path is None:
            raise InvalidInputError(
                "The earlier export does not exist any more, or nobody knows what was in it. Choose another one, or "
                "export everything.",
                field="since",
            )
        return EarlierEntries(path)

    def changes(self, project_id: str, recipe: ExportRecipe, index: EntryIndex) -> Changes | None:
        """Return the changes since the export that *recipe* continues, or since the last one by the same recipe.

        None without one. Exports of exactly the same entries are skipped, so that running a recipe twice gives the
        same bytes.
        """
        for export in self._newest(project_id) if not recipe.since else self._named_by(recipe.since):
            if recipe.since or _equals_recipe(export.recipe, recipe):
                path = self._path(export)
                if path is not None and (recipe.since or index.differs_from(path)):
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

    def _named_by(self, export_id: str) -> list[Exports]:
        with self._db.reading() as session:
            return list(session.exec(select(Exports).where(Exports.id == export_id)))

    def _path(self, export: Exports) -> Path | None:
        """Return the path of the index of an export; None when it has none."""
        try:
            path = self._files.final_path(_index_of(export.path))
        except MissingFileError:
            return None
        return path if path.is_file() else None


def _index_of(bundle: str) -> str:
    return f"{_DIRECTORY}/{Path(bundle).stem}"


def _equals_recipe(stored: dict[str, Any], recipe: ExportRecipe) -> bool:
    """Return whether *stored* equals the recipe; one of an older version is completed before it is compared."""
    try:
        return parse_recipe(stored) == recipe
    except InvalidInputError:
        return False
