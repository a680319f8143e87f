"""Routes of what an export would hold, and of one that was made."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import Field

from core.api.dependencies import ServicesDep
from core.api.routers.exports import ExportAnswer, NewExport, recipe_of
from core.api.schemas import Id, ResponseBody
from core.errors import NotFoundError
from core.export import parse_recipe

router = APIRouter(prefix="/api/projects/{project_id}", tags=["exports"])


class ExportRow(ResponseBody):
    """A row of an export, with its image."""

    image_id: str
    image_name: str
    row: dict[str, Any]


class ExportProblem(ResponseBody):
    """A problem, and how many of the entries have it."""

    name: str
    text: str
    count: int


class ExportPreview(ResponseBody):
    """How many entries an export would hold, how many it leaves out and why, its problems and its first rows."""

    entries: int
    images: int
    left_out: dict[str, int]
    problems: list[ExportProblem]
    rows: list[ExportRow]


class RemovedEntryAnswer(ResponseBody):
    """An entry that the export before had and this one has not."""

    id: str
    image_id: str
    image_name: str
    question: str


class ExportDetails(ResponseBody):
    """A finished export, and the first of the entries that it lost since the one that it continues."""

    export: ExportAnswer
    removed_entries: list[RemovedEntryAnswer] = Field([])


@router.post("/image-datasets/export/preview")
def preview_export(
    project_id: Id, body: NewExport, services: ServicesDep, rows: Annotated[int, Query(ge=0, le=50)] = 3
) -> ExportPreview:
    """Return what an export would hold; nothing is written."""
    services.projects.get_project(project_id)
    recipe = parse_recipe(recipe_of(body))
    counts = services.exports.count(project_id, recipe)
    return ExportPreview(
        entries=counts.entries, images=counts.images, left_out=counts.left_out,
        problems=[ExportProblem.model_validate(one) for one in services.exports.problems(project_id, recipe)],
        rows=[ExportRow.model_validate(row) for row in services.exports.preview(project_id, recipe, rows)],
    )  # fmt: skip


@router.get("/image-datasets/export/choices")
def list_export_choices(project_id: Id, services: ServicesDep) -> dict[str, list[str]]:
    """Return the values that entries of a project have, for choosing among them."""
    services.projects.get_project(project_id)
    return services.exports.facets(project_id)


@router.get("/exports/{export_id}")
def get_export(project_id: Id, export_id: Id, request: Request, services: ServicesDep) -> ExportDetails:
    """Return a finished export with its report."""
    export = services.exports.get_export(export_id)
    if export.project_id != project_id:
        raise NotFoundError("This export is not in the project any more. Choose another one.")
    answer = ExportAnswer.model_validate(export)
    answer.download_url = f"{request.scope.get('root_path', '')}/exports/{export.id}"
    removed = [RemovedEntryAnswer.model_validate(one) for one in services.exports.removed_entries(export)]
    return ExportDetails(export=answer, removed_entries=removed)
