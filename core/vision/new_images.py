"""The task that analyzes images which were added to a project whose switch is on; at most one is open for each project.

Its first item looks which images have no result, and adds an item for each group of them. Images that are added while
the task is open get another look in the same task, behind all that is queued then.
"""

from collections.abc import Callable, Iterable

from sqlalchemy import func
from sqlmodel import Session, col, select

from core import audit
from core.db import Database, Projects, TaskItems, Tasks
from core.tasks import ItemPlan
from core.tasks.adding import insert_items
from core.tasks.service import ACTIVE, TaskStatus
from core.vision.analyzers import analyzers
from core.vision.analyzers.base import Analyzer, Tools
from core.vision.items import TASK_TYPE, analysis_items
from core.vision.store import AnalysisStore

LOOK_STAGE = 90
"""Behind those of all analyzers: what is queued is analyzed before the next look counts what is missing."""


class NewImages:
    """Opens the task for new images; the caller submits it to the engine."""

    def __init__(self, db_session: Database, tools: Callable[[], Tools]) -> None:
        self._db = db_session
        self._tools = tools

    def open_task(self, project_id: str, *, started_by: str = "local") -> str | None:
        """Return the id of the task that will analyze the images without a result; None when nothing is to be done."""
        with self._db.reading() as session:
            chosen = switched_on(session, project_id)
        if not chosen or not any(items_for(self._db, self._tools(), project_id, chosen)):
            return None
        with self._db.transaction() as session:
            task = _open_task(session, project_id)
            if task is None:
                config = {"new": True, "analyzers": [one.name for one in chosen]}
                task = Tasks(project_id=project_id, task_type=TASK_TYPE, config=config, started_by=started_by)
                session.add(task)
                session.flush()
                audit.record(session, "task.start", task, actor=started_by, why="for new images")
            if not _has_queued_look(session, task.id):
                insert_items(session, task.id, [look_item(_last_running_look(session, task.id) + 1)])
                task.total_count += 1
            return task.id


def look_item(stage: int = LOOK_STAGE) -> ItemPlan:
    """Return the item that adds items for the images without a result.

    A look of a later *stage* waits for those before it, so that no image is added by two.
    """
    return ItemPlan(payload={"look": True}, stage=stage)


def switched_on(session: Session, project_id: str) -> list[Analyzer]:
    """Return the analyzers that run for new images of a project: those that cost nothing."""
    project = session.get(Projects, project_id)
    names = project.analyzers.split(",") if project is not None and project.deleted_at is None else []
    return [one for name, one in analyzers().items() if name in names and not one.needs_model]


def items_for(db: Database, tools: Tools, project_id: str, chosen: Iterable[Analyzer]) -> Iterable[ItemPlan]:
    """Yield the items for images without any result of an analyzer that can run here.

    A result of another version stays, and an image that failed once is not tried again: both are done when somebody
    asks for them.
    """
    store = AnalysisStore(db)
    for stage, one in enumerate(chosen):
        if one.missing(tools) is None:
            ids = store.image_ids_to_analyze(project_id, one.name, None)
            failed = _failed(db, project_id, one.name) if ids else set()
            yield from analysis_items(one, [image_id for image_id in ids if image_id not in failed], stage)


def _failed(db: Database, project_id: str, analyzer: str) -> set[str]:
    query = (
        select(TaskItems.subject_id)
        .join(Tasks, col(Tasks.id) == col(TaskItems.task_id))
        .where(
            Tasks.project_id == project_id, Tasks.task_type == TASK_TYPE, TaskItems.state == "failed",
            col(TaskItems.payload)["analyzer"].as_string() == analyzer,
        )
    )  # fmt: skip
    with db.reading() as session:
        return set(session.exec(query))


def _open_task(session: Session, project_id: str) -> Tasks | None:
    query = select(Tasks).where(
        Tasks.project_id == project_id, Tasks.task_type == TASK_TYPE,
        col(Tasks.status).in_((*ACTIVE, TaskStatus.PAUSED)), col(Tasks.config)["new"].as_boolean(),
    )  # fmt: skip
    return session.exec(query.limit(1)).first()


def _has_queued_look(session: Session, task_id: str) -> bool:
    query = select(TaskItems.id).where(
        TaskItems.task_id == task_id, TaskItems.state == "queued", TaskItems.stage >= LOOK_STAGE
    )
    return session.exec(query.limit(1)).first() is not None


def _last_running_look(session: Session, task_id: str) -> int:
    """Return the stage of the last look that runs now; the one before ``LOOK_STAGE`` when none does."""
    query = select(func.max(TaskItems.stage)).where(
        TaskItems.task_id == task_id, TaskItems.state == "running", TaskItems.stage >= LOOK_STAGE
    )
    return session.exec(query).one() or LOOK_STAGE - 1


def lookup(db: Database, tools: Tools, project_id: str) -> list[ItemPlan]:
    """Return the items that a look adds."""
    with db.reading() as session:
        chosen = switched_on(session, project_id)
    return list(items_for(db, tools, project_id, chosen))
