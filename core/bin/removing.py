"""Deleting for good: rows with everything that refers to them, in parts, so that others can write in between."""

import shutil
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Table, delete, select, update
from sqlmodel import Session, col

from core.db import (
    BatchRequests,
    Database,
    Events,
    Exports,
    Honeypots,
    ImageDatasets,
    Images,
    IncomingProjects,
    LlmCalls,
    Projects,
    ProviderBatches,
    Questions,
    StyleDatasetImages,
    TaskChunks,
    TaskItems,
    Tasks,
    TaskSignals,
    is_about,
)
from core.db.base import Base
from core.export.bundle_files import export_files
from core.moving import EXPORT_TASK
from core.moving.service import ARCHIVES_DIRECTORY

_PART_ROWS = 500
_KEPT = ("events", "audit_events", "incoming_projects", "projects")
"""Tables with a project that keep their rows, or lose them last; events lose the texts that they hold."""


def remove_entries(session: Session, entry_ids: Sequence[str]) -> None:
    """Delete entries; their events stay, without texts."""
    of_them = (col(Honeypots.source_id).in_(entry_ids), col(Honeypots.behind_id).in_(entry_ids))
    copies = [
        id_ for place in of_them for id_ in session.execute(select(col(Honeypots.entry_id)).where(place)).scalars()
    ]
    _remove(session, _table(ImageDatasets), list(dict.fromkeys([*entry_ids, *copies])))


def remove_images(session: Session, image_ids: Sequence[str]) -> list[str]:
    """Delete images with their questions and entries, and return the paths of their originals."""
    paths = list(session.execute(select(col(Images.path)).where(col(Images.id).in_(image_ids))).scalars())
    entries = list(session.execute(select(col(ImageDatasets.id)).where(is_about(ImageDatasets, image_ids))).scalars())
    questions = list(session.execute(select(col(Questions.id)).where(is_about(Questions, image_ids))).scalars())
    remove_entries(session, entries)
    _remove(session, _table(Questions), questions)
    session.execute(delete(StyleDatasetImages).where(col(StyleDatasetImages.image_id).in_(image_ids)))
    alike = update(Images).where(col(Images.near_duplicate_of).in_(image_ids))
    session.execute(alike.values(near_duplicate_of=None).execution_options(synchronize_session=False))
    _remove(session, _table(Images), image_ids)
    return paths


def remove_styles(session: Session, dataset_ids: Sequence[str]) -> None:
    """Delete style datasets; results that were made with them stay."""
    session.execute(delete(StyleDatasetImages).where(col(StyleDatasetImages.dataset_id).in_(dataset_ids)))
    _remove(session, Base.metadata.tables["style_datasets"], dataset_ids)


def begin_project(session: Session, project_id: str) -> None:
    """Mark a deleted project as being removed: from now on it cannot be restored."""
    session.add(IncomingProjects(project_id=project_id, archive_sum="", is_discarded=True))


def begun_projects(db: Database) -> list[str]:
    """Return the projects whose removal has begun."""
    query = select(col(IncomingProjects.project_id)).where(
        col(IncomingProjects.archive_sum) == "", col(IncomingProjects.is_discarded)
    )
    with db.reading() as session:
        return list(session.execute(query).scalars())


def finish_project(db: Database, project_id: str) -> list[str]:
    """Delete everything in a project whose removal has begun, and return the paths of the originals of its images.

    A removal that was interrupted continues.
    """
    _remove_files(db, project_id)
    paths: list[str] = []
    for ids in _parts_of(db, Images, project_id):
        with db.transaction() as session:
            paths += remove_images(session, ids)
    with db.transaction() as session:
        tasks = select(col(Tasks.id)).where(col(Tasks.project_id) == project_id)
        session.execute(delete(LlmCalls).where(col(LlmCalls.task_id).in_(tasks)))
        session.execute(_without_texts(col(Events.project_id) == project_id))
        session.execute(delete(TaskChunks).where(col(TaskChunks.task_id).in_(tasks)))
        session.execute(delete(TaskSignals).where(col(TaskSignals.task_id).in_(tasks)))
        session.execute(delete(TaskItems).where(col(TaskItems.task_id).in_(tasks)))
        batches = select(col(ProviderBatches.id)).where(col(ProviderBatches.task_id).in_(tasks))
        session.execute(delete(BatchRequests).where(col(BatchRequests.batch_id).in_(batches)))
        session.execute(delete(ProviderBatches).where(col(ProviderBatches.task_id).in_(tasks)))
    for table in reversed(Base.metadata.sorted_tables):
        if "project_id" in table.c and table.name not in _KEPT:
            _remove_of_project(db, table, project_id)
    with db.transaction() as session:
        session.execute(delete(IncomingProjects).where(col(IncomingProjects.project_id) == project_id))
        session.execute(delete(Projects).where(col(Projects.id) == project_id))
    return paths


def _remove_of_project(db: Database, table: Table, project_id: str) -> None:
    if "id" not in table.c:
        with db.transaction() as session:
            session.execute(delete(table).where(table.c.project_id == project_id))
        return
    some = select(table.c.id).where(table.c.project_id == project_id).limit(_PART_ROWS)
    while True:
        with db.transaction() as session:
            ids = list(session.execute(some).scalars())
            _remove(session, table, ids)
        if not ids:
            return


def _parts_of(db: Database, row: Any, project_id: str) -> Iterator[list[str]]:
    """Yield the ids of the rows of a project that are there, until there are none."""
    some = select(row.id).where(row.project_id == project_id).limit(_PART_ROWS)
    while True:
        with db.reading() as session:
            ids = list(session.execute(some).scalars())
        if not ids:
            return
        yield ids


def _remove(session: Session, table: Table, ids: Sequence[Any]) -> None:
    """Delete rows by their ids, after those that refer to them; a reference that may be empty is emptied."""
    if not ids:
        return
    for child, column in _references(table):
        refers = column.in_(ids)
        if column.nullable:
            session.execute(update(child).where(refers).values({column: None}))
        elif "id" in child.c:
            _remove(session, child, list(session.execute(select(child.c.id).where(refers)).scalars()))
        else:
            session.execute(delete(child).where(refers))
    if table.name in ("images", "image_datasets"):
        session.execute(_without_texts(col(Events.entity_id).in_(ids)))
    session.execute(delete(table).where(table.c.id.in_(ids)))


def _references(table: Table) -> Iterable[tuple[Table, Any]]:
    for child in Base.metadata.sorted_tables:
        for key in child.foreign_keys:
            if key.column.table is table:
                yield child, key.parent


def _without_texts(where: Any) -> Any:
    """Return the statement that takes the old and new values from events: who did what and when stays."""
    return update(Events).where(where).values(old={}, new={}).execution_options(synchronize_session=False)


def _remove_files(db: Database, project_id: str) -> None:
    """Remove the exports and archives of a project, and what its imports had received."""
    with db.reading() as session:
        exports = (
            session.execute(select(col(Exports.path)).where(col(Exports.project_id) == project_id)).scalars().all()
        )
        tasks = session.execute(select(col(Tasks.id), col(Tasks.task_type)).where(col(Tasks.project_id) == project_id))
        owned = [
            db.data_dir / (ARCHIVES_DIRECTORY if kind == EXPORT_TASK else "imports") / task_id
            for task_id, kind in tasks
        ]
    for path in exports:
        if path:
            export_files(db.settings).remove(Path(path).name)
    inside = (db.data_dir / "exports").resolve()
    for path in [*owned, *(db.data_dir / path for path in exports if path)]:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        elif path.resolve().is_relative_to(inside):
            path.unlink(missing_ok=True)


def _table(row: Any) -> Table:
    table: Table = row.__table__
    return table
