"""Imports from Python: a path, URLs, or a dataset of the Hugging Face Hub, each to its end."""

import os
import shutil
import time
from collections.abc import Sequence
from concurrent.futures import wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.arguments import require_many, require_path
from core.background_loop import BackgroundLoop
from core.bucket_address import is_address, parse_address
from core.db import Database, Projects, Tasks, require_database
from core.errors import InvalidInputError, NotFoundError
from core.images.import_context import ImportContext
from core.importing.outcomes import LEFT_OUT, NOTE, iter_rows, outcomes_of_task
from core.importing.tasks import ImportKind
from core.pluralize import pluralize
from core.progress import Progress, ShowProgress, shown
from core.tasks import TaskKind, TaskRunner, TaskService
from core.tasks.service import ACTIVE

if TYPE_CHECKING:
    import pandas

    from core.images import ImageService

_PROGRESS_INTERVAL_S = 0.25
_PROBLEMS = ("rejected", LEFT_OUT)


@dataclass(frozen=True)
class ImportProblem:
    """A file, row or question that did not come in."""

    where: str
    """The name of a file, ``file:line`` or ``file row n``."""
    reason: str


@dataclass(frozen=True)
class ImportReport:
    """What an import brought in."""

    images_added: int
    images_known: int
    """Files that the project had already, or that came twice."""
    entries_added: int
    records: int
    """Rows of annotations that were read."""
    questions: int = 0
    """Questions with an answer in them."""
    questions_known: int = 0
    """Those that the project had already, with this answer."""
    problems: list[ImportProblem] = field(default_factory=list)
    """One for each file, row or question that did not come in."""
    task_id: str = ""
    notes: list[ImportProblem] = field(default_factory=list)
    """What was read and is not stored, such as columns that entries have no field for."""

    def to_pandas(self) -> "pandas.DataFrame":
        """Return the problems as a table with the columns ``where`` and ``reason``."""
        import pandas

        return pandas.DataFrame([vars(problem) for problem in self.problems], columns=["where", "reason"])

    def __str__(self) -> str:
        return (
            f"{pluralize(self.images_added, 'image')} added, {self.images_known:,} known; "
            f"{self.entries_added:,} of {pluralize(self.questions, 'question')} added, {self.questions_known:,} known; "
            f"{pluralize(len(self.problems), 'problem')}"
        )


class DatasetImporter:
    """Imports images with their questions and answers; importing the same again doubles nothing.

    Each call returns when its import has ended. It works in notebooks and beside a running server, whose page of tasks
    shows it.
    """

    def __init__(self, db_session: Database, images: "ImageService") -> None:
        self._db = require_database(db_session)
        self._images = images

    def import_path(
        self,
        project_id: str,
        path: str | os.PathLike[str],
        *,
        format: str = "auto",
        in_place: bool = False,
        progress: ShowProgress = None,
    ) -> ImportReport:
        """Import a directory, a ZIP archive, a PDF, a table, an annotation file or an image.

        An annotation file or a table without images finds its images in the project.

        Args:
            path: anything this process may read, or ``s3://bucket/prefix``; VITRINE_IMPORT_ROOTS and
                VITRINE_ALLOWED_BUCKETS do not apply.
            format: the reader of the annotations (:data:`core.importing.readers.FORMATS`).
            in_place: leave the images of a bucket where they are, and read them there when they are needed.
            progress: a callback for the share (0 to 1) and the step; True shows a bar, as notebooks do.

        Raises:
            InvalidInputError: there is nothing at *path* that can be imported, or no such *format*.
            NotFoundError: there is no such project.
        """
        return self._run(project_id, path_config(path, format, in_place=in_place), progress)

    def import_hub(
        self, project_id: str, name: str, split: str = "train", *, progress: ShowProgress = None
    ) -> ImportReport:
        """Import one *split* of a dataset on the Hugging Face Hub, all of them with ``""``.

        Raises:
            InvalidInputError: there is no such dataset or split, or it is too large.
            FetchError: the Hub cannot be reached.
            NotFoundError: there is no such project.
        """
        from core.importing.sources import hub

        hub.parquet_files(name, split)
        return self._run(project_id, {"source": "huggingface", "hub": name, "split": split}, progress)

    def import_urls(self, project_id: str, urls: Sequence[str], *, progress: ShowProgress = None) -> ImportReport:
        """Import the images behind *urls*; only public addresses are contacted.

        Raises:
            InvalidInputError: there are no URLs, or too many.
            NotFoundError: there is no such project.
        """
        given = [urls] if isinstance(urls, str) else list(require_many(urls, "urls", "addresses"))
        return self._run(project_id, {"source": "urls", "urls": given}, progress)

    def _run(self, project_id: str, config: dict[str, Any], progress: ShowProgress) -> ImportReport:
        self._require_project(project_id)
        kind = ImportKind(self._images.intake, ImportContext(self._db.settings, is_unlimited=True))
        kinds: dict[str, TaskKind] = {kind.task_type: kind}
        tasks = TaskService(self._db, lambda: kinds)
        task = tasks.create_task(project_id, kind.task_type, config, started_by="python")
        with shown(progress, "Importing") as show:
            ended = self._run_to_end(tasks, TaskRunner(self._db, kinds), task.id, show)
        report = import_report(self._db, ended)
        if not ended.failed_count:
            shutil.rmtree(self._db.data_dir / "imports" / task.id, ignore_errors=True)
        return report

    def _run_to_end(self, tasks: TaskService, runner: TaskRunner, task_id: str, progress: Progress) -> Tasks:
        """Run the task on a loop of its own, since the thread of a notebook has one that runs already."""
        loop = BackgroundLoop()
        running = loop.submit(runner.run(task_id))
        ended: Tasks | None = None
        try:
            while not wait([running], _PROGRESS_INTERVAL_S).done:
                self._report_progress(tasks, runner, task_id, progress)
            self._report_progress(tasks, runner, task_id, progress)
            ended = running.result()
            while ended.status in ACTIVE:  # what it reads is in the bucket now, and workers go on
                time.sleep(_PROGRESS_INTERVAL_S)
                self._report_progress(tasks, runner, task_id, progress)
                ended = tasks.get_task(task_id)
            return ended
        finally:
            # Interrupted, or *progress* raised.
            if not running.done() or (ended is not None and ended.status in ACTIVE):
                tasks.cancel(task_id)
                wait([running])
            loop.close()

    def _report_progress(self, tasks: TaskService, runner: TaskRunner, task_id: str, progress: Progress) -> None:
        task = tasks.get_task(task_id)
        files = sum(task.result.get("counts", {}).values())
        step = f"{files:,} files, {task.result.get('entries', 0):,} entries"
        of_item, _ = runner.progress.get(task_id, (0.0, ""))
        progress(min((task.processed_count + of_item) / max(task.total_count, 1), 1.0), step)

    def _require_project(self, project_id: str) -> None:
        with self._db.reading() as session:
            project = session.get(Projects, project_id)
        if project is None or project.deleted_at is not None:
            raise NotFoundError("This project does not exist any more. Choose another one.")


def path_config(path: str | os.PathLike[str], format: str = "auto", *, in_place: bool = False) -> dict[str, Any]:
    """Return the config of a task that imports *path*, or the objects at an address.

    Raises:
        InvalidInputError: it is no path, or there is nothing.
    """
    if isinstance(path, str) and is_address(path):
        address = parse_address(path)
        name = address.prefix.rpartition("/")[2] or address.bucket
        return {"source": "path", "path": str(address), "name": name, "format": format, "in_place": in_place}
    if in_place:
        raise InvalidInputError("Only images in a bucket can be registered. Import these.", field="in_place")
    found = Path(require_path(path, "path")).expanduser()
    if not found.exists():
        raise InvalidInputError(f"There is nothing at {found}. Check the path.", field="path")
    return {"source": "path", "path": str(found.resolve()), "name": found.resolve().name, "format": format}


def import_report(db: Database, task: Tasks) -> ImportReport:
    """Return what the task of an import has brought in up to now."""
    found = outcomes_of_task(task)
    problems: list[ImportProblem] = []
    notes: list[ImportProblem] = []
    for row in iter_rows(db, task.id):
        if row["outcome"] in (*_PROBLEMS, NOTE):
            (notes if row["outcome"] == NOTE else problems).append(ImportProblem(row["name"], row["reason"]))
    counts = found.counts
    return ImportReport(
        images_added=counts.get("added", 0) + counts.get("near-duplicate", 0),
        images_known=counts.get("duplicate", 0), entries_added=found.entries, records=found.records,
        questions=found.questions, questions_known=found.known, problems=problems, task_id=task.id,
        notes=notes,
    )  # fmt: skip
