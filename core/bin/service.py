"""The service of the bin: what is in it, restoring from it, and deleting for good."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlmodel import Session, col, select

from core import audit
from core.bin import finding, removing
from core.bin.finding import BIN_KINDS, BinKind, BinRow
from core.dataset.edits import UserAction, write
from core.db import Database, ImageDatasets, Images, Projects, utc_now
from core.errors import ConflictError, InvalidInputError, NotFoundError
from core.images import lifecycle
from core.moving.incoming import IncomingProjectStore
from core.projects import numbered_name
from core.style import datasets

if TYPE_CHECKING:
    from core.images import ImageService

__all__ = ["BIN_KINDS", "BinItem", "BinPage", "BinService", "Restored"]

_GONE = "This is not in the bin any more: it was restored, or deleted for good. Reload the list."
_ROWS_PER_TRANSACTION = 500


@dataclass(frozen=True)
class BinItem:
    """Something that was deleted and can be restored until *until*; *deleted_by* is empty when nobody knows."""

    kind: BinKind
    id: str
    project_id: str
    project_name: str
    label: str
    """Its name, or the question of an entry."""
    deleted_at: datetime
    deleted_by: str
    until: datetime


@dataclass(frozen=True)
class BinPage:
    """A page of the bin, the last deleted first; *next_cursor* is None on the last one."""

    items: list[BinItem]
    next_cursor: str | None
    total: int


@dataclass(frozen=True)
class Restored:
    """What was restored; *note* says what is different now, such as the name of a project."""

    kind: BinKind
    id: str
    project_id: str
    label: str
    note: str = ""


class BinService:
    """Deleted projects, images, entries and style datasets, for as many days as ``VITRINE_BIN_DAYS`` says."""

    def __init__(self, db_session: Database, image_service: "ImageService") -> None:
        self._db = db_session
        self._images = image_service
        self._incoming = IncomingProjectStore(db_session)

    def find(
        self,
        kind: BinKind = "project",
        project_id: str | None = None,
        *,
        only: Collection[str] | None = None,
        limit: int = 100,
        after: str | None = None,
    ) -> BinPage:
        """Return a page of what is in the bin, of one kind, the last deleted first.

        Entries of a deleted image and everything in a deleted project are not listed: they come back with it.

        Args:
            only: leaves out what is in other projects; None for all.
            after: ``next_cursor`` of the page before.

        Raises:
            InvalidInputError: there is no such kind, or *after* is no cursor of this list.
        """
        _check_kind(kind)
        wanted = [project_id] if project_id is not None else only
        with self._db.reading() as session:
            rows = finding.newest(session, kind, wanted, limit=limit + 1, after=_place(session, kind, after))
            shown = rows[:limit]
            items = self._items(session, shown)
            return BinPage(items, shown[-1].id if len(rows) > limit else None, finding.count(session, kind, wanted))

    def counts(self, project_id: str | None = None) -> dict[BinKind, int]:
        """Return how many of each kind are in the bin."""
        with self._db.reading() as session:
            wanted = [project_id] if project_id is not None else None
            return {kind: finding.count(session, kind, wanted) for kind in BIN_KINDS}

    def get(self, kind: BinKind, id_: str) -> BinItem:
        """Return one thing in the bin.

        Raises:
            NotFoundError: it is not in the bin.
        """
        _check_kind(kind)
        with self._db.reading() as session:
            return self._items(session, [_row(session, kind, id_)])[0]

    def restore(self, kind: BinKind, id_: str, *, project_id: str | None = None, actor: str = "local") -> Restored:
        """Restore something with all that was deleted with it.

        A project whose name is taken gets a number behind it.

        Args:
            project_id: the project that it has to be in; None for any.

        Raises:
            NotFoundError: it is not in the bin: it was restored already, or deleted for good.
            ConflictError: its project or its image is deleted, or the same image was added again.
        """
        _check_kind(kind)
        with self._db.transaction() as session:
            _check_parents(session, kind, id_)
            row = _row(session, kind, id_, project_id)
            note = _restore(session, row, actor)
            stored = session.get_one(finding.ROWS[kind], id_)
            audit.record(session, f"{kind}.restore", stored, actor=actor)
            return Restored(kind, id_, row.project_id, getattr(stored, "name", row.label), note)

    def delete_for_good(self, kind: BinKind, id_: str, *, project_id: str | None = None, actor: str = "local") -> None:
        """Delete something in the bin now; it cannot be restored any more.

        Files of images go with the next housekeeping, once no image in any project has the same bytes.

        Raises:
            NotFoundError: it is not in the bin.
        """
        _check_kind(kind)
        with self._db.transaction() as session:
            row = _row(session, kind, id_, project_id)
            audit.record(session, "bin.empty", project_id=row.project_id, label=row.label, actor=actor, kind_of=kind)
            self._remove(session, kind, [id_])
        self._finish_projects()

    def remove_expired(self) -> int:
        """Delete for good what is in the bin for longer than ``VITRINE_BIN_DAYS``; return how many things it was.

        Then the files of images that no row has any more are removed, an hour after they were last stored.
        """
        before = utc_now() - timedelta(days=self._db.settings.bin_days)
        removed = 0
        for kind in BIN_KINDS:
            while ids := self._remove_some(kind, before):
                removed += ids
        self._finish_projects()
        if removed:
            self._images.intake.remove_leftovers()
        return removed

    def _remove_some(self, kind: BinKind, before: datetime) -> int:
        with self._db.transaction() as session:
            rows = finding.newest(session, kind, None, limit=_ROWS_PER_TRANSACTION, before=before)
            if rows:
                for project_id in dict.fromkeys(row.project_id for row in rows):
                    own = [row.label for row in rows if row.project_id == project_id]
                    audit.record(
                        session, "bin.empty", project_id=project_id, label=own[0], kind_of=kind, count=len(own),
                        why="expired",
                    )  # fmt: skip
                self._remove(session, kind, [row.id for row in rows])
            return len(rows)

    def _remove(self, session: Session, kind: BinKind, ids: list[str]) -> None:
        if kind == "project":
            for id_ in ids:
                removing.begin_project(session, id_)
        elif kind == "image":
            removing.remove_images(session, ids)
        elif kind == "entry":
            removing.remove_entries(session, ids)
        else:
            removing.remove_styles(session, ids)

    def _finish_projects(self) -> None:
        for project_id in removing.begun_projects(self._db):
            with self._incoming.lock(project_id):
                removing.finish_project(self._db, project_id)

    def _items(self, session: Session, rows: list[BinRow]) -> list[BinItem]:
        ids = {row.project_id for row in rows}
        names = dict(session.exec(select(Projects.id, Projects.name).where(col(Projects.id).in_(ids))).all())
        by, kept = finding.deleted_by(session, rows), timedelta(days=self._db.settings.bin_days)
        return [
            BinItem(
                row.kind, row.id, row.project_id, names.get(row.project_id, ""), row.label, row.deleted_at,
                by.get(row.id, ""), row.deleted_at + kept,
            )
            for row in rows
        ]  # fmt: skip


def _check_kind(kind: str) -> None:
    if kind not in BIN_KINDS:
        raise InvalidInputError(f"There is no {kind} in the bin. Choose {', '.join(BIN_KINDS)}.", field="kind")


def _row(session: Session, kind: BinKind, id_: str, project_id: str | None = None) -> BinRow:
    table = finding.ROWS[kind]
    query = select(table.id).where(table.id == id_, *finding.in_bin(kind))
    if project_id is not None:
        query = query.where((table.id if kind == "project" else table.project_id) == project_id)
    if session.exec(query).first() is None:
        raise NotFoundError(_GONE)
    stored: Any = session.get_one(table, id_)
    label = getattr(stored, finding.LABELS[kind].key)
    return BinRow(kind, id_, id_ if kind == "project" else stored.project_id, label, stored.deleted_at)


def _place(session: Session, kind: BinKind, cursor: str | None) -> tuple[datetime, str] | None:
    if cursor is None:
        return None
    stored = session.get(finding.ROWS[kind], cursor)
    if stored is None or stored.deleted_at is None:
        raise InvalidInputError("This cursor belongs to another list. Start without one.", field="cursor")
    return stored.deleted_at, cursor


def _check_parents(session: Session, kind: BinKind, id_: str) -> None:
    """Refuse with a sentence what can only come back after something else."""
    stored: Any = session.get(finding.ROWS[kind], id_)
    if stored is None or stored.deleted_at is None or kind == "project":
        return
    project = session.get_one(Projects, stored.project_id)
    if project.deleted_at is not None:
        raise ConflictError(f"Its project {project.name} is deleted too. Restore the project first.")
    image = session.get(Images, stored.image_id) if isinstance(stored, ImageDatasets) else None
    if image is not None and not image.is_in_library:
        raise ConflictError(f"Its image {image.image_name} is deleted too. Restore the image first.")


def _restore(session: Session, row: BinRow, actor: str) -> str:
    """Restore a row and return what is different now."""
    if row.kind == "project":
        project = session.get_one(Projects, row.id)
        project.name, project.deleted_at = numbered_name(session, project.name), None
        renamed = f"Another project is called {row.label}, so this one is called {project.name} now."
        return renamed if project.name != row.label else ""
    if row.kind == "image":
        lifecycle.restore(session, row.id, actor)
    elif row.kind == "style":
        datasets.restore(session, row.id)
    else:
        action = UserAction("restore", actor, came_from=None)
        write(session, session.get_one(ImageDatasets, row.id), {"deleted": False}, action)
    return ""
