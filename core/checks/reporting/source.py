"""What sections read: a project or an export of it, its entries, and the newest runs of checks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from core.checks import store
from core.dataset.conditions import conditions
from core.dataset.filters import EntryFilter
from core.db import CheckRuns, Database, EntryImages, ImageDatasets, Images, Projects, in_library
from core.db.json_sql import is_in_json
from core.errors import NotFoundError
from core.export.reporting.dataset_report import BundleContents


@dataclass(frozen=True)
class Source:
    """A project as the sections of its report see it, or what an export has of it."""

    db: Database
    project: Projects
    runs: Mapping[str, Sequence[CheckRuns]]
    """By check, the newest run of each series that ended."""
    total: int
    """Entries that the report is about."""
    changed_at: datetime
    """When the project was last changed or measured, or an entry of the export was last changed."""
    seed: int = 0
    examples: int = 12
    bundle: BundleContents | None = None
    """The export that the report is about; None for one about all entries of the project that are not rejected."""

    @property
    def title(self) -> str:
        """The name of what the report is about."""
        return self.bundle.title if self.bundle else self.project.name

    @property
    def has_pictures(self) -> bool:
        """Whether examples have small pictures of their images."""
        return self.bundle is None or self.bundle.has_pictures

    @property
    def kept(self) -> list[Any]:
        """The conditions of the entries that the report is about."""
        return _kept(self.project.id, self.bundle)

    @property
    def kept_images(self) -> list[Any]:
        """The conditions of the images that the report is about: of the export, else all in the library."""
        if self.bundle is None:
            return [Images.project_id == self.project.id, in_library()]
        first = select(ImageDatasets.image_id).where(*self.kept)
        further = select(EntryImages.image_id).where(is_in_json(EntryImages.entry_id, self.bundle.entry_ids))
        return [or_(col(Images.id).in_(first), col(Images.id).in_(further))]

    def count_by(self, *columns: Any) -> list[Any]:
        """Return the entries counted by columns: rows of their values and the number."""
        with self.db.reading() as session:
            query = select_columns(*columns, func.count()).where(*self.kept).group_by(*columns)
            return list(session.execute(query).all())


def read_source(
    db: Database, project_id: str, bundle: BundleContents | None = None, *, seed: int = 0, examples: int = 12
) -> Source:
    """Return the source of the report of a project, or of an export of it.

    Raises:
        NotFoundError: there is no such project.
    """
    with db.reading() as session:
        project = session.get(Projects, project_id)
        if project is None or project.deleted_at is not None:
            raise NotFoundError("This project does not exist any more. Choose another one.")
        ended = col(CheckRuns.ended_at).is_not(None)
        names = session.exec(select(CheckRuns.check_name).where(CheckRuns.project_id == project_id, ended).distinct())
        runs = {name: store.newest_runs(session, project_id, name) for name in sorted(names)}
        query = select(func.count(), func.max(ImageDatasets.update_at)).where(*_kept(project_id, bundle))
        total, newest = session.exec(query).one()
        changed_at = newest if bundle and newest else _changed_at(session, project, runs)
        return Source(db, project, runs, total, changed_at, seed, examples, bundle)


def _kept(project_id: str, bundle: BundleContents | None) -> list[Any]:
    if bundle is not None:
        return [is_in_json(ImageDatasets.id, bundle.entry_ids)]
    return [*conditions(project_id, EntryFilter()), col(ImageDatasets.rejected).is_(False)]


def _changed_at(session: Session, project: Projects, runs: Mapping[str, Sequence[CheckRuns]]) -> datetime:
    newest: list[datetime | None] = [
        session.exec(select(func.max(table.update_at)).where(table.project_id == project.id)).one()
        for table in (ImageDatasets, Images)
    ]
    return max(
        filter(None, [project.update_at, *newest, *(run.ended_at for of_check in runs.values() for run in of_check)])
    )
