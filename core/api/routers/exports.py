"""Routes of exports: starting, listing and publishing them."""

from datetime import datetime
from typing import Annotated, Any, Literal, cast

from fastapi import APIRouter, Request, Response
from pydantic import Field, SkipValidation

from core.api.dependencies import CurrentActor, ServicesDep
from core.api.routers.entries import AnswerType
from core.api.routers.tasks import start
from core.api.schemas import INTEGRAL, Cursor, Id, Limit, Page, RequestBody, ResponseBody, TaskAnswer
from core.errors import InvalidInputError
from core.export import ExportRecipe, parse_recipe

router = APIRouter(prefix="/api/projects/{project_id}", tags=["exports"])

FileFormat = Literal["json", "jsonl", "bundle", "huggingface"]
ProblemName = Literal["label", "schema", "contradiction", "check"]
Values = Annotated[list[Annotated[str, Field(max_length=200)]], Field(max_length=1000)]

# The part of an export recipe that each file format stands for.
_RECIPE_OF_FILE_FORMAT: dict[str, dict[str, Any]] = {
    "json": {"container": "file", "rows": "json"},
    "jsonl": {"container": "file", "rows": "jsonl"},
    "bundle": {"container": "zip"},
    "huggingface": {"container": "zip", "format": "imagefolder"},
}


class SplitPercentages(RequestBody):
    """Percentages of the images in each split; they add up to 100."""

    train: Annotated[int, Field(ge=0, le=100), INTEGRAL] = 0
    validation: Annotated[int, Field(ge=0, le=100), INTEGRAL] = 0
    test: Annotated[int, Field(ge=0, le=100), INTEGRAL] = 0
    seed: Annotated[int, Field(ge=0), INTEGRAL] = 0


class NewExport(RequestBody):
    """The entries to export and their format."""

    format_style: Annotated[str, Field(max_length=60)] = "default"
    file_format: FileFormat = "bundle"
    use_base64: bool = False
    include_metadata: bool = True
    confirmed: bool = Field(False, description="only confirmed entries")
    min_score: float = Field(0.0, ge=0, le=5)
    answer_types: list[AnswerType] = Field([])
    languages: Values = Field([])
    models: Values = Field([])
    tags: Values = Field([])
    image_ids: Values = Field([])
    rejected: bool | None = Field(None, description="false leaves rejected entries out of every format")
    leave_out: list[ProblemName] = Field([], description="problems whose entries are left out")
    search: Annotated[str, Field(max_length=2000)] = Field("", description="a search line, as on Curate and Explore")
    q: Annotated[str, Field(max_length=2000)] = Field("", description="the same as search")
    splits: SplitPercentages | None = Field(None, description="null: one file with everything, the split train")
    license: Annotated[str, Field(max_length=100)] = Field("", description="of the dataset, such as CC-BY-4.0")
    title: Annotated[str, Field(max_length=200)] = Field("", description="of the dataset; also its file's name")
    since: Annotated[str, Field(max_length=21)] = Field("", description="id of an earlier export to continue")
    recipe: Annotated[ExportRecipe | None, SkipValidation] = Field(
        None, description="everything that the page offers; takes the place of all other fields"
    )


class ExportAnswer(ResponseBody):
    """A finished export."""

    id: str
    project_id: str
    task_id: str | None
    format: str
    recipe: dict[str, Any]
    report: dict[str, Any]
    size_bytes: int
    create_at: datetime
    download_url: str = ""


class _ExportConfig(RequestBody):
    recipe: dict[str, Any]


@router.post("/image-datasets/export", status_code=202)
async def export_entries(
    project_id: Id, body: NewExport, request: Request, response: Response, services: ServicesDep, actor: CurrentActor
) -> TaskAnswer:
    """Start an export; its task has a ``download_url`` when it has ended."""
    config = _ExportConfig(recipe=recipe_of(body))
    return await start(services, request, response, actor, project_id, "dataset-export", config)


class PublishRequest(RequestBody):
    """Where a finished export is published; credentials come from the environment of the server."""

    address: str = Field(max_length=500, description="hf://datasets/owner/name, s3://bucket/name, gs://…, az://…")
    public: bool = Field(False, description="whether a dataset repository created on the Hub is public")


class _PublishConfig(PublishRequest):
    export_id: str


@router.post("/exports/{export_id}/send", status_code=202)
async def send_export(
    project_id: Id,
    export_id: Id,
    body: PublishRequest,
    request: Request,
    response: Response,
    services: ServicesDep,
    actor: CurrentActor,
) -> TaskAnswer:
    """Start publishing a finished export to the Hugging Face Hub or an object storage."""
    config = _PublishConfig(export_id=export_id, **body.model_dump())
    return await start(services, request, response, actor, project_id, "dataset-send", config)


@router.get("/exports")
def list_exports(
    project_id: Id, request: Request, services: ServicesDep, limit: Limit = 100, cursor: Cursor = None
) -> Page[ExportAnswer]:
    """List the exports of a project, newest first."""
    services.projects.get_project(project_id)
    page = services.listings.exports(project_id, limit, cursor)
    items = [ExportAnswer.model_validate(row) for row in page.items]
    for item in items:
        item.download_url = f"{request.scope.get('root_path', '')}/exports/{item.id}"
    return Page(items=items, next_cursor=page.next_cursor, total=page.total)


def recipe_of(body: NewExport) -> dict[str, Any]:
    """Return the recipe that a request stands for.

    Raises:
        InvalidInputError: fields exclude each other, or the recipe cannot be used.
    """
    if body.recipe is not None:
        if others := body.model_fields_set - {"recipe"}:
            raise InvalidInputError(
                f"A recipe takes the place of the other fields. Leave out {', '.join(sorted(others))}.", field="recipe"
            )
        # Not validated with the body: what fits the schema and yet cannot be used is no fault of the request's form.
        return parse_recipe(cast("dict[str, Any]", body.recipe)).as_dict()
    if body.q and body.search:
        raise InvalidInputError("q and search are the same. Send one of them.", field="q")
    is_single_file = body.file_format in ("json", "jsonl")
    chosen_by = {
        "min_score", "answer_types", "languages", "models", "tags", "image_ids", "search", "rejected", "leave_out",
    }  # fmt: skip
    entries = body.model_dump(include=chosen_by)
    entries["search"] = body.q or body.search
    about = body.model_dump(include={"splits", "license", "title", "since"})
    given = {name: value for name, value in about.items() if value}
    return {
        "format": body.format_style,
        "images": "base64" if body.use_base64 else "none" if is_single_file else "path",
        "metadata": body.include_metadata,
        "entries": entries | {"confirmed_only": body.confirmed},
        **_RECIPE_OF_FILE_FORMAT[body.file_format],
        **given,
    }
