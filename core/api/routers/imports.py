"""Routes of imports: starting one from files, a path, URLs or the Hub, and reading what became of each file and row."""

import asyncio
import csv
import io
import json
from collections.abc import Iterable, Iterator
from typing import Annotated, Any, ClassVar, Literal

from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import Field, ValidationError
from starlette.datastructures import FormData, UploadFile
from starlette.responses import StreamingResponse

from core.accounts.actor import Actor
from core.api.dependencies import CurrentActor, ServicesDep
from core.api.routers.tasks import task_answer
from core.api.schemas import Id, OneOfBody, TaskAnswer
from core.db import Tasks
from core.errors import InvalidInputError, VitrineError
from core.importing.outcomes import COLUMNS, iter_rows
from core.importing.readers import FORMATS
from core.importing.received import receive
from core.services import Services
from core.spreadsheet import without_formula

router = APIRouter(prefix="/api", tags=["imports"])

MAX_FILES = 10_000
_ROWS_PER_PIECE = 200
_FormatName = Annotated[str, Field(max_length=60, description=f"one of {', '.join(FORMATS)}")]


class NewImport(OneOfBody):
    """What to import: a *path* below VITRINE_IMPORT_ROOTS or in VITRINE_ALLOWED_BUCKETS, *urls* of images, a dataset
    on the *hub*, or an upload."""

    ONE_OF: ClassVar[tuple[str, ...]] = ("path", "urls", "hub", "upload_id")

    path: Annotated[str, Field(max_length=4096)] | None = None
    urls: Annotated[list[Annotated[str, Field(max_length=2048)]], Field(min_length=1, max_length=100_000)] | None = None
    hub: Annotated[str, Field(max_length=200, description="owner/name")] | None = None
    upload_id: Annotated[str, Field(max_length=40, description="of a complete upload in chunks")] | None = None
    split: Annotated[str, Field(max_length=100)] = Field("train", description="of the Hub; empty for all of them")
    format: _FormatName = "auto"
    in_place: bool = Field(False, description="of s3://bucket/prefix: leave the images there")


_BODY = {
    "required": True,
    "content": {
        "application/json": {"schema": NewImport.model_json_schema()},
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["files"],
                "properties": {
                    "files": {
                        "type": "array", "minItems": 1, "items": {"type": "string", "format": "binary"},
                        "description": "images, annotation files, a ZIP, a PDF, a table; names may have directories",
                    },
                    "format": {"type": "string", "default": "auto"},
                },
            }
        },
    },
}  # fmt: skip


@router.post("/projects/{project_id}/imports", status_code=202, openapi_extra={"requestBody": _BODY})
async def start_import(
    project_id: Id, request: Request, response: Response, services: ServicesDep, actor: CurrentActor
) -> TaskAnswer:
    """Start an import. Its task carries the counts, and the URL of the outcome of each file and row."""
    await asyncio.to_thread(services.projects.get_project, project_id)
    media_type = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if media_type == "application/json":
        task = await asyncio.to_thread(_create_from_json, services, actor, project_id, await _json(request))
    elif media_type == "multipart/form-data":
        async with request.form(max_files=MAX_FILES, max_fields=MAX_FILES) as form:
            task = await asyncio.to_thread(_create_from_form, services, actor, project_id, form)
    else:
        raise HTTPException(415, "Send the body as application/json or multipart/form-data")
    started = task_answer(services, request, task)
    response.headers["Location"] = started.url
    return started


@router.get(
    "/tasks/{task_id}/outcomes",
    response_class=StreamingResponse,
    responses={
        200: {
            "content": {
                "application/json": {
                    "schema": {
                        "type": "object", "required": ["rows"],
                        "properties": {"rows": {"type": "array", "items": {"type": "object"}}},
                    }
                },
                "text/csv": {"schema": {"type": "string"}},
            }
        }
    },
)  # fmt: skip
def list_outcomes(
    task_id: Id, services: ServicesDep, format: Annotated[Literal["json", "csv"], Query()] = "json"
) -> StreamingResponse:
    """Return the outcome of each file, row and question of an import that did not simply come in."""
    services.tasks.get_task(task_id)
    rows = iter_rows(services.db, task_id)
    if format == "json":
        return StreamingResponse(_json_pieces(rows), media_type="application/json")
    name = f"import-{task_id}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(_csv_pieces(rows), media_type="text/csv; charset=utf-8", headers=headers)


async def _json(request: Request) -> NewImport:
    try:
        return NewImport.model_validate_json(await request.body())
    except ValidationError as error:
        found = [
            {**one, "loc": ("body", *one["loc"])} for one in error.errors(include_url=False, include_context=False)
        ]
        raise RequestValidationError(found) from None


def _create_from_json(services: Services, actor: Actor, project_id: str, body: NewImport) -> Tasks:
    if body.upload_id is None:
        return _create(services, actor, project_id, _config(services, body))
    upload = services.uploads.get(body.upload_id)
    if upload.project_id != project_id or not upload.is_complete:
        raise InvalidInputError(
            "This upload is not complete, or is of another project. Send the rest first.", field="upload_id"
        )
    config = {"source": "path", "path": upload.path, "name": upload.name, "format": body.format}
    task = _create(services, actor, project_id, config)
    services.uploads.start(upload.id)
    return task


def _config(services: Services, body: NewImport) -> dict[str, Any]:
    if body.path is not None:
        services.intake.import_context.require(body.path, in_roots=True)
        return {"source": "path", "path": body.path, "format": body.format, "in_place": body.in_place}
    if body.urls is not None:
        return {"source": "urls", "urls": body.urls}
    return {"source": "huggingface", "hub": body.hub, "split": body.split}


def _create_from_form(services: Services, actor: Actor, project_id: str, form: FormData) -> Tasks:
    """Store the files of a form, and create the task of their import; without a task they are removed again."""
    files = [value for value in form.getlist("files") if isinstance(value, UploadFile)]
    others = sorted(set(form) - {"files", "format"})
    if not files or others:
        what = f"an unknown field {others[0][:60]}" if others else "no file"
        raise InvalidInputError(f"The form has {what}. Send the files as files, and perhaps a format.", field="files")
    named = [(file.filename or "file", file.file) for file in files]
    upload_id, path = receive(services.uploads, services.db.settings, project_id, named)
    name = files[0].filename if len(files) == 1 else f"{len(files):,} files"
    config = {"source": "path", "path": path, "format": str(form.get("format") or "auto")[:60], "name": name}
    try:
        return _create(services, actor, project_id, config)
    except VitrineError:
        services.uploads.remove(upload_id)
        raise


def _create(services: Services, actor: Actor, project_id: str, config: dict[str, Any]) -> Tasks:
    task = services.tasks.create_task(project_id, "image-import", config, started_by=actor.name)
    services.engine.submit(task.id)
    return task


def _json_pieces(rows: Iterable[dict[str, str]]) -> Iterator[bytes]:
    yield b'{"rows": ['
    separator = ""
    for row in rows:
        yield _utf8(separator + json.dumps({name: row.get(name, "") for name in COLUMNS}, ensure_ascii=False))
        separator = ",\n"
    yield b"]}"


def _csv_pieces(rows: Iterable[dict[str, str]]) -> Iterator[bytes]:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for number, row in enumerate(rows, 1):
        writer.writerow([without_formula(row.get(name, "")) for name in COLUMNS])
        if number % _ROWS_PER_PIECE == 0:
            yield _utf8(buffer.getvalue())
            buffer.seek(0)
            buffer.truncate()
    yield _utf8(buffer.getvalue())


def _utf8(text: str) -> bytes:
    """Return *text* encoded; names of files may have bytes that are no text."""
    return text.encode("utf-8", "replace")
