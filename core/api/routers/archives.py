"""Routes that move whole projects: into an archive, and back from one."""

import asyncio
from typing import Annotated, ClassVar

from fastapi import APIRouter, Request, Response
from pydantic import Field

from core.accounts.roles import Role
from core.api.dependencies import CurrentActor, ServicesDep
from core.api.routers.tasks import start, task_answer
from core.api.schemas import Id, OneOfBody, RequestBody, TaskAnswer
from core.db import Tasks
from core.moving import EXPORT_TASK

router = APIRouter(prefix="/api/projects", tags=["projects"])


class _ArchiveConfig(RequestBody):
    pass


class ProjectImport(OneOfBody):
    """The archive to import: a *path* below VITRINE_IMPORT_ROOTS, or the *upload_id* of a complete upload."""

    ONE_OF: ClassVar[tuple[str, ...]] = ("path", "upload_id")

    path: Annotated[str, Field(min_length=1, max_length=4096)] | None = None
    upload_id: Annotated[str, Field(min_length=1, max_length=40)] | None = None


@router.post("/{project_id}/archive", status_code=202)
async def export_project(
    project_id: Id, request: Request, response: Response, services: ServicesDep, actor: CurrentActor
) -> TaskAnswer:
    """Start writing a project with everything in it to an archive; its task has a ``download_url`` when it ended."""
    return await start(services, request, response, actor, project_id, EXPORT_TASK, _ArchiveConfig())


@router.post("/import", status_code=202)
async def import_project(
    body: ProjectImport, request: Request, response: Response, services: ServicesDep, actor: CurrentActor
) -> TaskAnswer:
    """Start importing a project archive. The project, *project_id* of the task, appears when the task has ended.

    Who imports it becomes its owner.
    """

    def create() -> Tasks:
        imports = services.project_imports
        if body.upload_id is not None:
            made = imports.from_upload(body.upload_id, started_by=actor.name)
        else:
            made = imports.from_path(str(body.path), in_roots=True, started_by=actor.name)
        if actor.account_id is not None:
            services.memberships.set_role(made.project_id, actor.account_id, Role.OWNER)
        return made

    task = await asyncio.to_thread(create)
    await asyncio.to_thread(services.engine.submit, task.id)
    started = task_answer(services, request, task)
    response.headers["Location"] = started.url
    return started
