"""Staging: the server puts the files that a task reads where workers can read them, and from then on these run it."""

import asyncio
from collections.abc import Callable
from typing import cast

from sqlmodel import Session

from core.db import Database, Tasks
from core.errors import ItemInterrupted, NotFoundError, VitrineError
from core.tasks.item_queue import pause_running
from core.tasks.kinds import STAGED, StagedTaskKind, Staging, TaskKind


def staging_of(kind: TaskKind, task: Tasks) -> Staging:
    """Return whether the files of a task have to be staged, or were."""
    return kind.source.staging(task.config) if isinstance(kind, StagedTaskKind) else "none"


async def stage(
    db: Database,
    kind: TaskKind,
    task: Tasks,
    show: Callable[[float, str], None],
    is_cancelled: Callable[[], bool],
    may_run: Callable[[Session], bool],
) -> Tasks:
    """Stage the files of a task that runs, unless it is paused or cancelled meanwhile; return it as it is then."""
    put = cast("StagedTaskKind", kind).source.stage

    def raise_if_cancelled() -> None:
        if is_cancelled():
            raise ItemInterrupted

    staged, reason = None, ""
    try:
        staged = await asyncio.to_thread(put, task, show, raise_if_cancelled)
    except ItemInterrupted:
        pass
    except VitrineError as error:
        reason = str(error)

    def end(session: Session) -> Tasks:
        if reason:
            pause_running(session, task.id, reason)
        now = session.get(Tasks, task.id)
        if now is None:
            raise NotFoundError("This task does not exist any more.")
        if staged is not None and may_run(session):
            now.config = {**now.config, STAGED: staged}
        return now

    return await db.write(end)
