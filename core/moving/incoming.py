"""The project of an import: hidden until everything in it is stored, then shown at once; or removed again."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from filelock import FileLock, Timeout
from sqlalchemy import delete, update
from sqlmodel import Session, col, select

from core import audit
from core.arguments import tidy_name
from core.db import (
    Database,
    ImageFindings,
    ImageHashes,
    ImageTexts,
    ImageVectors,
    IncomingProjects,
    LlmCalls,
    ModelProfiles,
    Projects,
    Tasks,
    new_id,
    utc_now,
)
from core.errors import ConflictError, InvalidInputError, NotFoundError
from core.llm.profiles import checked_config
from core.moving import IMPORT_TASK
from core.moving.checking import CheckedArchive
from core.moving.contents import STAGED, TABLE, MovedTable
from core.moving.manifest import OpenedArchive
from core.moving.rows import PART_ROWS, read_rows
from core.projects import numbered_name
from core.tasks import TaskStatus
from core.tasks.service import ACTIVE

_LOCKS = "moving"


class IncomingProjectStore:
    """Begins imports, ends them, and removes what interrupted ones left."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def begin(self, archive: OpenedArchive) -> str:
        """Add a hidden project for *archive* and return its id: the one in the archive if nothing here has it.

        An import of the same archive that was interrupted, and that nobody works on, is continued instead.
        """
        for project_id in self._idle(archive.sum):
            return project_id
        with self._db.transaction() as session:
            wanted = archive.manifest.project_id
            project, incoming = session.get(Projects, wanted), session.get(IncomingProjects, wanted)
            is_free = project is None or (incoming is not None and incoming.is_discarded)
            project_id = wanted if is_free else new_id()
            if project_id != wanted or project is None:
                session.add(Projects(id=project_id, name=archive.manifest.name, deleted_at=utc_now()))
                session.flush()
            session.merge(
                IncomingProjects(
                    project_id=project_id, archive_sum=archive.sum, progress={}, is_discarded=False,
                    has_new_ids=None if project_id == wanted else True,
                )
            )  # fmt: skip
        return project_id

    def reopen(self, project_id: str, archive: OpenedArchive) -> IncomingProjects:
        """Return the state of an import that runs, also of one that was given up before.

        Raises:
            NotFoundError: the project is not being imported: it is there, or never was.
            InvalidInputError: the archive was replaced by another one meanwhile.
        """
        with self._db.transaction() as session:
            incoming = session.get(IncomingProjects, project_id)
            if incoming is None:
                raise NotFoundError("This project is not being imported any more. Import its archive again.")
            if incoming.archive_sum != archive.sum:
                raise InvalidInputError("The archive was replaced by another one. Import it again.")
            incoming.is_discarded = False
        return incoming

    def decide_ids(self, project_id: str, *, has_new_ids: bool) -> IncomingProjects:
        """Store whether the rows get new ids, which holds until the end of the import."""
        with self._db.transaction() as session:
            incoming = session.get_one(IncomingProjects, project_id)
            if incoming.has_new_ids is None:
                incoming.has_new_ids = has_new_ids
        return incoming

    @contextmanager
    def lock(self, project_id: str) -> Iterator[None]:
        """Hold the lock of an import; the operating system releases it when the process dies.

        Raises:
            ConflictError: another thread or process runs this import.
        """
        lock = self._lock(project_id)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise ConflictError("This project is being imported already. Wait until it is there.") from None
        try:
            yield
        finally:
            lock.release()

    def discard(self, project_id: str) -> None:
        """Remove all rows of an import that was not completed; the caller holds its lock.

        The hidden row of the project stays: the task of the import refers to it, and another attempt takes it again.
        """
        with self._db.reading() as session:
            incoming = session.get(IncomingProjects, project_id)
        if incoming is None or incoming.is_discarded:
            return
        for table in reversed(STAGED):
            if table.row is LlmCalls:
                self._delete_calls(incoming)
            else:
                self._delete(table, project_id)
        with self._db.transaction() as session:
            session.execute(
                update(IncomingProjects)
                .where(col(IncomingProjects.project_id) == project_id)
                .values(is_discarded=True, progress={}, has_new_ids=None)
            )

    def discard_abandoned(self, except_id: str = "") -> int:
        """Remove imports that died and that no open task continues; return how many there were."""
        with self._db.reading() as session:
            ids = list(session.exec(select(IncomingProjects.project_id).where(~col(IncomingProjects.is_discarded))))
        removed = 0
        for project_id in ids:
            lock = self._lock(project_id)
            try:
                with lock.acquire(timeout=0):
                    if project_id != except_id and not self._has_open_task(project_id):
                        self.discard(project_id)
                        removed += 1
            except Timeout:
                continue
        return removed

    def _idle(self, archive_sum: str) -> Iterator[str]:
        """Yield the interrupted imports of an archive that have neither a process nor an open task."""
        query = select(IncomingProjects.project_id).where(
            IncomingProjects.archive_sum == archive_sum, ~col(IncomingProjects.is_discarded)
        )
        with self._db.reading() as session:
            found = list(session.exec(query))
        for project_id in found:
            lock = self._lock(project_id)
            try:
                with lock.acquire(timeout=0):
                    pass
            except Timeout:
                continue
            if not self._has_open_task(project_id):
                yield project_id

    def _has_open_task(self, project_id: str) -> bool:
        query = select(Tasks.id).where(
            Tasks.project_id == project_id, Tasks.task_type == IMPORT_TASK,
            col(Tasks.status).in_([*ACTIVE, TaskStatus.PAUSED]),
        )  # fmt: skip
        with self._db.reading() as session:
            return session.exec(query.limit(1)).first() is not None

    def _delete(self, table: MovedTable, project_id: str) -> None:
        """Delete the rows of a table in parts: other writers get their turn in between."""
        rows = table.row.__table__  # type: ignore[attr-defined]
        some = select(rows.c[table.key]).where(table.belongs(project_id)).limit(PART_ROWS)
        while True:
            with self._db.transaction() as session:
                if table.name == "images":
                    for derived in (ImageHashes, ImageFindings, ImageTexts, ImageVectors):
                        session.execute(delete(derived).where(col(derived.project_id) == project_id))
                deleted = session.connection().execute(delete(rows).where(rows.c[table.key].in_(some))).rowcount
            if not deleted:
                return

    def _delete_calls(self, incoming: IncomingProjects) -> None:
        """Delete the model calls that the import stored: nothing tells any more that they belong to the project."""
        for first, last in incoming.progress.get("calls", []):
            with self._db.transaction() as session:
                session.execute(delete(LlmCalls).where(col(LlmCalls.id).between(first, last)))

    def _lock(self, project_id: str) -> FileLock:
        directory = self._db.data_dir / _LOCKS
        directory.mkdir(parents=True, exist_ok=True)
        return FileLock(directory / f"{project_id}.lock", thread_local=False)


@dataclass(frozen=True)
class ImportedProject:
    """A project that is there, and what came with it and cannot be used here: names of model profiles, and vectors."""

    project: Projects
    refused_profiles: tuple[str, ...]
    left_out_vectors: int = 0
    """Vectors of images that cannot be used; analyzing the images again makes them."""


Reveal = Callable[[Session], ImportedProject]
"""Shows an imported project within the last transaction of its import; may be called again after a rollback."""


def revealing(checked: CheckedArchive, project_id: str) -> Reveal:
    """Return what shows an imported project, under its own name or a numbered one, and adds the archive's profiles."""
    (values,) = read_rows(checked.archive, TABLE["projects"])
    profiles = list(read_rows(checked.archive, TABLE["model_profiles"]))
    columns = {name: value for name, value in values.items() if name != "id"}

    def reveal(session: Session) -> ImportedProject:
        name = tidy_name(values["name"]) or "Imported project"
        shown = columns | {"name": numbered_name(session, name), "deleted_at": None}
        session.execute(update(Projects).where(col(Projects.id) == project_id).values(**shown))
        present = {row.name: row.config for row in session.exec(select(ModelProfiles))}
        refused = tuple(row["name"] for row in profiles if not _add_profile(session, present, row))
        session.execute(delete(IncomingProjects).where(col(IncomingProjects.project_id) == project_id))
        session.expire_all()
        project = session.get_one(Projects, project_id)
        audit.record(session, "project.import", project, in_task=True)
        return ImportedProject(project, refused, checked.vectors.left_out)

    return reveal


def _add_profile(session: Session, present: dict[str, dict[str, Any]], row: dict[str, Any]) -> bool:
    """Add a profile, and return False for one that is not valid; those that are *present* stay as they are."""
    try:
        checked = checked_config(row["config"])
    except InvalidInputError:
        return False
    candidate, number = row["name"], 2
    while candidate in present:
        if present[candidate] == checked:
            return True
        candidate, number = f"{row['name']} ({number})", number + 1
    session.add(ModelProfiles(name=candidate, config=checked))
    present[candidate] = checked
    return True
