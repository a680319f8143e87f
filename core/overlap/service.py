"""What comes of a comparison with a held-out set: the overlaps, tags for them, and hash files."""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from sqlmodel import Session, col, select

from core import audit
from core.dataset import BulkResult, EntryFilter
from core.dataset.bulk import apply
from core.dataset.conditions import conditions
from core.dataset.edits import UserAction
from core.dataset.values import LEAVE_OUT
from core.db import Database, ImageDatasets, Images, ImageVectors, TaskItems, Tasks, in_library, is_about
from core.errors import InvalidInputError, NotFoundError
from core.images.import_context import ImportContext
from core.llm import LLMService
from core.overlap import hash_file
from core.overlap.project_side import Overlap
from core.overlap.task import TASK_TYPE, OverlapTask
from core.tasks import TaskKind, TaskRunner, TaskService
from core.vision.task import ImageAnalysisTask

if TYPE_CHECKING:
    from core.images import ImageService

T = TypeVar("T")
_IDS_PER_QUERY = 500
_ITEMS_PER_QUERY = 50


class OverlapService:
    """Compares projects with held-out sets, and leaves what is in both out of exports."""

    def __init__(self, db_session: Database, llm_service: LLMService, image_service: "ImageService") -> None:
        self._db = db_session
        self._images = image_service
        self._tools = ImageAnalysisTask(db_session, llm_service, image_service).tools
        self.task = OverlapTask(db_session, image_service, self._tools)

    async def compare(self, project_id: str, path: str | Path) -> list[Overlap]:
        """Return what a project has in common with the held-out set at *path*, which is not imported.

        Raises:
            InvalidInputError: there is nothing to compare, or it cannot be read.
        """
        context = ImportContext(self._db.settings, is_unlimited=True)
        kinds: dict[str, TaskKind] = {TASK_TYPE: OverlapTask(self._db, self._images, self._tools, context)}
        create = TaskService(self._db, lambda: kinds).create_task
        task = await asyncio.to_thread(create, project_id, TASK_TYPE, _config(path))
        await TaskRunner(self._db, kinds).run(task.id)
        return list(self.overlaps(task.id))

    def overlaps(self, task_id: str) -> Iterator[Overlap]:
        """Yield the overlaps that a comparison has found, those of images and questions that still exist or not.

        Raises:
            NotFoundError: there is no such comparison.
        """
        self._comparison(task_id)
        seen = set[tuple[str, str, str]]()
        for row in self._results(task_id, "overlaps"):
            one = Overlap(*row)
            # A question that is in several files of the set counts once.
            key = (one.image_id, one.name, one.found_in if one.image_id else "")
            if key not in seen:
                seen.add(key)
                yield one

    def problems(self, task_id: str) -> Iterator[dict[str, str]]:
        """Yield what of the held-out set could not be compared: ``name``, ``outcome`` and ``reason``."""
        self._comparison(task_id)
        return self._results(task_id, "rows")

    def leave_out(self, task_id: str, *, with_questions: bool = False, actor: str = "local") -> BulkResult:
        """Tag the entries about images that are in the held-out set too, and about variants of these, with leave-out.

        Exports leave them out; undoing the batch, or taking the tag off, brings them back.

        Args:
            with_questions: also entries whose question the held-out set has, on whatever image.

        Raises:
            NotFoundError: there is no such comparison.
        """
        project_id = self._comparison(task_id).project_id
        found = list(self.overlaps(task_id))
        action = UserAction("tag", actor)
        changed = 0
        with self._db.transaction() as session:
            entry_ids = _entries_about(session, project_id, {one.image_id for one in found if one.image_id})
            if with_questions:
                entry_ids |= _entries_asking(session, project_id, {one.name for one in found if not one.image_id})
            for some in _parts(sorted(entry_ids)):
                where = [*conditions(project_id, EntryFilter()), col(ImageDatasets.id).in_(some)]
                changed += apply(session, where, action, LEAVE_OUT).changed
            audit.record(
                session, "entry.tag", project_id=project_id, actor=actor, entries=changed, tags=LEAVE_OUT,
                batch_id=action.batch_id,
            )  # fmt: skip
        return BulkResult(action.batch_id, changed)

    def image_ids(self, task_id: str) -> list[str]:
        """Return the ids of the images that are in the held-out set too, for tagging or choosing them."""
        return list(dict.fromkeys(one.image_id for one in self.overlaps(task_id) if one.image_id))

    def hash_lines(self, project_id: str) -> Iterator[bytes]:
        """Yield the lines of the hash file of a project: its images with hashes and vectors, and its questions."""
        from core.vision.near_pairs import PairSearch

        kind = self._db.shared(PairSearch).kind(project_id)
        yield hash_file.head_line(kind)
        with self._db.reading() as session:
            query = select(Images.id, Images.image_name, Images.sha256, Images.dhash).where(
                Images.project_id == project_id, in_library()
            )
            rows = list(session.exec(query.order_by(col(Images.create_at), col(Images.id))))
            asked = select(ImageDatasets.question).where(
                ImageDatasets.project_id == project_id, col(ImageDatasets.deleted_at).is_(None)
            )
            questions = sorted(set(session.exec(asked.distinct())))
        for some in _parts(rows):
            vectors = self._vectors([row[0] for row in some], kind)
            for image_id, name, sha256, dhash in some:
                yield hash_file.image_line(name, sha256, dhash, vectors.get(image_id))
        yield from map(hash_file.question_line, questions)

    def write_hashes(self, project_id: str, path: str | Path) -> Path:
        """Write the hash file of a project, with which others can compare theirs without its images; return *path*."""
        written = Path(path)
        with written.open("wb") as file:
            file.writelines(self.hash_lines(project_id))
        return written

    def _vectors(self, image_ids: Sequence[str], kind: str | None) -> dict[str, bytes]:
        if kind is None:
            return {}
        query = select(ImageVectors.image_id, ImageVectors.vector).where(
            col(ImageVectors.image_id).in_(image_ids), ImageVectors.kind == kind
        )
        with self._db.reading() as session:
            return dict(session.exec(query).all())

    def _comparison(self, task_id: str) -> Tasks:
        with self._db.reading() as session:
            task = session.get(Tasks, task_id)
        if task is None:
            raise NotFoundError("This comparison does not exist any more. Compare again.")
        if task.task_type != TASK_TYPE:
            raise InvalidInputError("This task is no comparison with a held-out set. Choose another one.")
        return task

    def _results(self, task_id: str, name: str) -> Iterator[Any]:
        """Yield the rows called *name* of the items that are done, in their order."""
        after = -1
        while True:
            query = select(TaskItems.position, TaskItems.result).where(
                TaskItems.task_id == task_id, TaskItems.position > after, TaskItems.state == "done"
            )
            with self._db.reading() as session:
                page = session.exec(query.order_by(col(TaskItems.position)).limit(_ITEMS_PER_QUERY)).all()
            if not page:
                return
            for _, result in page:
                yield from result.get(name, ())
            after = page[-1][0]


def _config(path: str | Path) -> dict[str, str]:
    return {"path": str(Path(path).absolute())}


def _entries_about(session: Session, project_id: str, image_ids: Iterable[str]) -> set[str]:
    """Return the ids of the entries about images and about their variants."""
    found: set[str] = set()
    for some in _parts(sorted(image_ids)):
        variants = session.exec(
            select(Images.id).where(Images.project_id == project_id, col(Images.variant_of).in_(some))
        )
        about = is_about(ImageDatasets, [*some, *variants])
        found.update(session.exec(select(ImageDatasets.id).where(ImageDatasets.project_id == project_id, about)))
    return found


def _entries_asking(session: Session, project_id: str, questions: Iterable[str]) -> set[str]:
    """Return the ids of the entries whose normalized question is that of one of *questions*."""
    wanted = {hash_file.question_hash(question) for question in questions}
    if not wanted:
        return set()
    rows = session.exec(select(ImageDatasets.id, ImageDatasets.question).where(ImageDatasets.project_id == project_id))
    return {entry_id for entry_id, question in rows if hash_file.question_hash(question) in wanted}


def _parts(values: Sequence[T]) -> Iterator[Sequence[T]]:
    return (values[start : start + _IDS_PER_QUERY] for start in range(0, len(values), _IDS_PER_QUERY))
