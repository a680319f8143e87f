"""Routes of comparisons with a held-out set: starting one, its overlaps, leaving them out, and hash files."""

import asyncio
import csv
import io
from collections.abc import Iterator
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response, UploadFile
from fastapi import File as FormFile
from pydantic import Field
from starlette.responses import StreamingResponse

from core.api.dependencies import CurrentActor, ServicesDep
from core.api.routers.tasks import start
from core.api.schemas import Id, RequestBody, ResponseBody, TaskAnswer
from core.api.upload_form import UploadRoute
from core.errors import VitrineError
from core.importing.received import receive
from core.overlap.project_side import Overlap
from core.spreadsheet import without_formula

router = APIRouter(prefix="/api", tags=["overlaps"], route_class=UploadRoute)

_ROWS_PER_PIECE = 500
_COLUMNS = ("way", "image_id", "name", "found_in", "score")


class NewComparison(RequestBody):
    """The held-out set: a *path* below VITRINE_IMPORT_ROOTS of a directory, ZIP archive, export, table or hash file."""

    path: Annotated[str, Field(min_length=1, max_length=4096)]


class _Config(RequestBody):
    path: str
    name: str = ""


class OverlapAnswer(ResponseBody):
    """An image of the project (*image_id*), or a question (no *image_id*, its text in *name*), of the held-out set too.

    *way* is by what it was found, *found_in* what it is called there, *score* how near it is, 1 for the same.
    """

    way: Literal["bytes", "hash", "vectors", "text", "words"]
    image_id: str
    name: str
    found_in: str
    score: float


class Overlaps(ResponseBody):
    """What the project and the held-out set have in common, and what of that set could not be compared."""

    items: list[OverlapAnswer]
    problems: list[dict[str, str]]


class LeaveOut(RequestBody):
    """Which entries are left out of exports: those about images of the held-out set, with theirs of variants."""

    with_questions: bool = Field(False, description="also entries whose question the held-out set has")


class LeftOut(ResponseBody):
    """How many entries were tagged; *batch_id* undoes it."""

    changed: int
    batch_id: str


@router.post("/projects/{project_id}/overlaps", status_code=202)
async def compare_with_path(
    project_id: Id,
    body: NewComparison,
    request: Request,
    response: Response,
    services: ServicesDep,
    actor: CurrentActor,
) -> TaskAnswer:
    """Start comparing a project with a held-out set on the server; its task has the overlaps when it has ended."""
    await asyncio.to_thread(services.projects.get_project, project_id)
    await asyncio.to_thread(services.intake.import_context.resolve, body.path, in_roots=True)
    return await start(services, request, response, actor, project_id, "overlap-search", _Config(path=body.path))


@router.post("/projects/{project_id}/overlaps/files", status_code=202)
async def compare_with_files(
    project_id: Id,
    files: Annotated[list[UploadFile], FormFile(min_length=1)],
    request: Request,
    response: Response,
    services: ServicesDep,
    actor: CurrentActor,
) -> TaskAnswer:
    """Start comparing a project with a held-out set that is sent: images, a ZIP archive, an export or a hash file."""
    await asyncio.to_thread(services.projects.get_project, project_id)
    named = [(file.filename or "file", file.file) for file in files]
    upload_id, path = await asyncio.to_thread(receive, services.uploads, services.db.settings, project_id, named)
    try:
        config = _Config(path=path, name=files[0].filename or "")
        return await start(services, request, response, actor, project_id, "overlap-search", config)
    except VitrineError:
        services.uploads.remove(upload_id)
        raise


@router.get(
    "/tasks/{task_id}/overlaps",
    response_model=Overlaps,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
)
def list_overlaps(
    task_id: Id, services: ServicesDep, format: Annotated[Literal["json", "csv"], Query()] = "json"
) -> Overlaps | StreamingResponse:
    """Return the overlaps that a comparison has found."""
    if format == "json":
        items = [OverlapAnswer.model_validate(one._asdict()) for one in services.overlaps.overlaps(task_id)]
        return Overlaps(items=items, problems=list(services.overlaps.problems(task_id)))
    found = list(services.overlaps.overlaps(task_id))
    headers = {"Content-Disposition": f'attachment; filename="overlaps-{task_id}.csv"'}
    return StreamingResponse(_csv_pieces(found), media_type="text/csv; charset=utf-8", headers=headers)


@router.post("/tasks/{task_id}/overlaps/leave-out")
def leave_out(task_id: Id, body: LeaveOut, services: ServicesDep, actor: CurrentActor) -> LeftOut:
    """Tag the entries that are in the held-out set too with leave-out, which keeps them out of exports."""
    done = services.overlaps.leave_out(task_id, with_questions=body.with_questions, actor=actor.name)
    return LeftOut(changed=done.changed, batch_id=done.batch_id)


@router.get(
    "/projects/{project_id}/hashes",
    response_class=StreamingResponse,
    responses={
        200: {
            "content": {  # generators of clients know bytes by the first type
                name: {"schema": {"type": "string", "format": "binary"}}
                for name in ("application/octet-stream", "application/jsonlines")
            }
        }
    },
)
def get_hashes(project_id: Id, services: ServicesDep) -> StreamingResponse:
    """Return the hash file of a project, by which others compare theirs with it without its images."""
    services.projects.get_project(project_id)
    headers = {"Content-Disposition": f'attachment; filename="hashes-{project_id}.jsonl"'}
    lines = services.overlaps.hash_lines(project_id)
    return StreamingResponse(lines, media_type="application/jsonlines", headers=headers)


def _csv_pieces(found: list[Overlap]) -> Iterator[bytes]:
    for first in range(0, max(len(found), 1), _ROWS_PER_PIECE):
        buffer = io.StringIO()
        writer = csv.writer(buffer, lineterminator="\r\n")
        writer.writerows([_COLUMNS] if first == 0 else [])
        writer.writerows(
            [without_formula(str(value)) for value in one] for one in found[first : first + _ROWS_PER_PIECE]
        )
        yield buffer.getvalue().encode("utf-8", "replace")
