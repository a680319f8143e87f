"""Routes of styles: style datasets, the analysis of their images, and generated images."""

import asyncio
from collections.abc import Collection
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Query, Request, UploadFile
from pydantic import Field

from core.accounts.actor import Actor
from core.accounts.permissions import Act
from core.api import media_urls
from core.api.dependencies import CurrentActor, ServicesDep
from core.api.schemas import (
    INTEGRAL,
    MODEL_PROBLEMS,
    OFFLINE,
    Cursor,
    Id,
    Limit,
    ModelChoice,
    Page,
    RequestBody,
    ResponseBody,
    page_of,
)
from core.api.upload_form import UploadRoute
from core.api.uploads import add_uploads
from core.db import GeneratedImages, Images, StyleDatasetImages
from core.errors import InvalidInputError, NotFoundError
from core.services import Services
from core.style.requests import StyleRequest

router = APIRouter(prefix="/ai", tags=["styles"], route_class=UploadRoute)

Ids = Annotated[list[Annotated[str, Field(max_length=100)]], Field(max_length=1000)]
Urls = Annotated[list[Annotated[str, Field(max_length=2000)]], Field(max_length=1000)]


class StyleDatasetAnswer(ResponseBody):
    """A style dataset."""

    id: str
    user_id: str | None
    project_id: str
    name: str
    master_prompt: str
    version: int
    created_at: datetime


class NewStyleDataset(RequestBody):
    """A new style dataset."""

    name: Annotated[str, Field(min_length=1, max_length=200, pattern=r"\S")]
    master_prompt: Annotated[str, Field(max_length=20_000)] = ""
    project_id: Annotated[str, Field(max_length=100)]


class AddReferences(RequestBody):
    """Images of the library and URLs of images to add as references."""

    image_ids: Ids = Field([])
    urls: Urls = Field([])


class StyleImageAnswer(ResponseBody):
    """A reference image of a style dataset, with its analysis."""

    id: str
    dataset_id: str
    image_id: str | None
    image_url: str
    analysis_result: dict[str, Any]
    created_at: datetime


class RejectedFile(ResponseBody):
    """A file that was not added, with the reason."""

    image_name: str
    reason: str | None


class StyleImages(ResponseBody):
    """The added reference images, and the files that were not added."""

    results: list[StyleImageAnswer]
    rejected: list[RejectedFile] = Field([])


class ImageRequest(RequestBody):
    """A request for one image; with *dataset_id*, in the style of that style dataset."""

    prompt: Annotated[str, Field(min_length=1, max_length=20_000, pattern=r"\S")]
    dataset_id: Annotated[str, Field(max_length=100)] | None = None
    style: Annotated[str, Field(max_length=200)] | None = None
    aspect_ratio: Annotated[str, Field(max_length=10)] = "1:1"
    reference_image_count: Annotated[
        int, Field(ge=0, le=64, description="at most what the model accepts"), INTEGRAL
    ] = 5
    size: Annotated[str, Field(max_length=10)] | None = None
    project_id: Annotated[str, Field(max_length=100)] | None = None
    llm_config: ModelChoice = OFFLINE


class GeneratedAnswer(ResponseBody):
    """A generated image; *prompt_used* is the whole prompt that was sent, *cost* is in US dollars."""

    id: str
    project_id: str
    image_id: str | None
    image_url: str | None
    caption: str
    prompt: str
    prompt_used: str
    dataset_id: str | None
    style: str | None
    aspect_ratio: str
    quality: str
    format: str
    resolution: str
    reference_images_count: int
    model: str
    cost: float | None
    recipe: dict[str, Any]
    match: Annotated[
        dict[str, Any],
        Field(description="how well it matches the references; copy: the image it nearly equals"),
    ]
    created_at: datetime


@router.post("/datasets", status_code=201)
def create_style_dataset(body: NewStyleDataset, services: ServicesDep) -> StyleDatasetAnswer:
    """Create an empty style dataset."""
    created = services.style_datasets.create_style_dataset(body.project_id, body.name, body.master_prompt)
    return StyleDatasetAnswer.model_validate(created)


@router.get("/datasets")
def list_style_datasets(
    services: ServicesDep,
    actor: CurrentActor,
    project_id: str | None = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[StyleDatasetAnswer]:
    """List style datasets, newest first."""
    visible = _visible(services, actor, project_id)
    page = services.listings.style_datasets(project_id, limit, cursor, visible)
    items = [StyleDatasetAnswer.model_validate(row) for row in page.items]
    return Page(items=items, next_cursor=page.next_cursor, total=page.total)


@router.post("/datasets/{dataset_id}/images", status_code=201)
def add_references(dataset_id: Id, body: AddReferences, request: Request, services: ServicesDep) -> StyleImages:
    """Add images of the project and URLs to a style dataset."""
    _check_images(services, dataset_id, body.image_ids)
    added = {row.id for row in services.style_datasets.add_images(dataset_id, body.image_ids, body.urls)}
    return StyleImages(results=[row for row in style_images(services, request, dataset_id) if row.id in added])


@router.get("/dataset/{dataset_id}/images")
def list_style_images(
    dataset_id: Id, request: Request, services: ServicesDep, limit: Limit = 100, cursor: Cursor = None
) -> Page[StyleImageAnswer]:
    """List the images of a style dataset in their order."""
    rows = style_images(services, request, dataset_id)
    page, next_cursor = page_of(rows, limit, cursor, lambda row: row.id)
    return Page(items=page, next_cursor=next_cursor, total=len(rows))


@router.post("/dataset/analyze", responses=MODEL_PROBLEMS)
async def analyze_style_images(
    dataset_id: Annotated[str, Form(max_length=100)],
    request: Request,
    services: ServicesDep,
    files: Annotated[list[UploadFile], File(default_factory=list)],
    files_in_brackets: Annotated[list[UploadFile], File(alias="files[]", default_factory=list)],
    model: Annotated[str | None, Form(max_length=200, description="provider/model; empty: measurements only")] = None,
) -> StyleImages:
    """Add images to a style dataset and analyze them."""
    uploads = [*files, *files_in_brackets]
    if not uploads:
        raise InvalidInputError("Send at least one image in the field files.", field="files")
    await asyncio.to_thread(services.ownership.check, "dataset_id", dataset_id)
    dataset = await asyncio.to_thread(services.style_datasets.get_style_dataset, dataset_id)
    outcomes = await add_uploads(services.intake, dataset.project_id, uploads)
    image_ids = [outcome.image.id for outcome in outcomes if outcome.image is not None]
    await asyncio.to_thread(services.style_datasets.add_images, dataset_id, image_ids)
    await services.loop.call(services.style_analysis.analyze_images(dataset_id, {"model": model} if model else None))
    rows = await asyncio.to_thread(style_images, services, request, dataset_id)
    return StyleImages(
        results=[row for row in rows if row.image_id in image_ids],
        rejected=[RejectedFile.model_validate(outcome) for outcome in outcomes if outcome.image is None],
    )


@router.post("/generate", responses=MODEL_PROBLEMS)
async def generate_image(
    body: ImageRequest, request: Request, services: ServicesDep, actor: CurrentActor
) -> GeneratedAnswer:
    """Generate one image, in the style of a style dataset when *dataset_id* is given.

    It is kept in *project_id*, else in the project of the style dataset, else in the caller's newest project; the
    answer names it.
    """
    project_id = await asyncio.to_thread(project_of_request, services, actor, body, Act.GENERATE_PAID)
    await asyncio.to_thread(check_image_request, services, body.project_id, body.dataset_id)
    request_fields = body.model_dump(exclude={"llm_config", "project_id"})
    config = body.llm_config.model_dump()
    generated = await services.loop.call(
        services.style_generation.generate(StyleRequest.from_dict(request_fields), config, project_id=project_id)
    )
    return await asyncio.to_thread(generated_answer, services, request, generated.id)


@router.get("/generated-images")
def list_generated_images(
    request: Request,
    services: ServicesDep,
    actor: CurrentActor,
    dataset_id: str | None = None,
    project_id: str | None = None,
    limit: Limit = 100,
    offset: Annotated[int, Query(ge=0)] = 0,
    cursor: Cursor = None,
) -> Page[GeneratedAnswer]:
    """List generated images, newest first."""
    visible = _visible(services, actor, project_id)
    page = services.listings.generated_images(project_id, dataset_id, limit, cursor, offset, visible)
    images = services.style_results.images_of(page.items)
    items = [_generated(request, row, images.get(row.image_id or "")) for row in page.items]
    return Page(items=items, next_cursor=page.next_cursor, total=page.total)


@router.get("/generated-images/{generated_id}")
def get_generated_image(generated_id: Id, request: Request, services: ServicesDep) -> GeneratedAnswer:
    """Return a generated image with its recipe."""
    return generated_answer(services, request, generated_id)


def project_of_request(services: Services, actor: Actor, body: ImageRequest, act: Act) -> str | None:
    """Return the project that a request names; when it names no style dataset either, the caller's newest one.

    None leaves the choice to the service, which knows no callers.

    Raises:
        NotFoundError: the caller has no project with the right to do *act*.
    """
    if body.project_id or body.dataset_id or actor.is_admin:
        return body.project_id
    projects = services.projects.list_projects(services.access.visible_projects(actor))
    may = [project for project in projects if services.access.may(actor, act, project.id)]
    if not may:
        raise NotFoundError("You have no project to keep the image in. Create one, or send the project_id of yours.")
    return max(may, key=lambda project: project.create_at).id


def check_image_request(services: Services, project_id: str | None, dataset_id: str | None) -> None:
    """Refuse a project that does not exist and a style dataset of another project."""
    services.ownership.check("dataset_id", dataset_id)
    if project_id is None:
        return
    services.projects.get_project(project_id)
    if dataset_id and services.style_datasets.get_style_dataset(dataset_id).project_id != project_id:
        raise InvalidInputError(
            "This style dataset belongs to another project. Choose another one.", field="dataset_id"
        )


def _check_images(services: Services, dataset_id: str, image_ids: list[str]) -> None:
    """Refuse images that belong to another project than the style dataset."""
    project_id = services.style_datasets.get_style_dataset(dataset_id).project_id
    if any(image.project_id != project_id for image in services.library.get_images(image_ids)):
        raise InvalidInputError("Some of these images belong to another project. Leave them out.", field="image_ids")


def style_images(services: Services, request: Request, dataset_id: str) -> list[StyleImageAnswer]:
    """Return the response bodies for the images of a style dataset."""
    services.style_datasets.get_style_dataset(dataset_id)
    return [_image(request, entry.row, entry.image) for entry in services.style_datasets.list_images(dataset_id)]


def _image(request: Request, row: StyleDatasetImages, image: Images | None) -> StyleImageAnswer:
    answer = StyleImageAnswer.model_validate(row)
    answer.image_url = answer.image_url or _url(request, image) or ""
    return answer


def generated_answer(services: Services, request: Request, generated_id: str) -> GeneratedAnswer:
    """Return the response body for a generated image; NotFoundError when it was discarded."""
    found = services.style_results.get_result(generated_id)
    if found.generated.deleted_at is not None:
        raise NotFoundError("This generated image was discarded. Restore it, or choose another one.")
    return _generated(request, found.generated, found.image)


def _generated(request: Request, row: GeneratedImages, image: Images | None) -> GeneratedAnswer:
    names = GeneratedAnswer.model_fields.keys() - {"image_url", "prompt_used"}
    values = {name: getattr(row, name) for name in names}
    computed = {"image_url": _url(request, image), "prompt_used": row.full_prompt}
    return GeneratedAnswer.model_validate(values | computed)


def _visible(services: Services, actor: Actor, project_id: str | None) -> Collection[str] | None:
    """Return the projects whose rows are listed, None for all; NotFoundError when *project_id* is none of them."""
    if project_id is not None:
        services.access.require(actor, Act.READ, project_id)
        services.projects.get_project(project_id)
    return services.access.visible_projects(actor)


def _url(request: Request, image: Images | None) -> str | None:
    if image is None:
        return None
    base, actor = str(request.scope.get("root_path", "")), request.scope["vitrine.actor"]
    return base + media_urls.image_url(image.id, image.sha256, "original", signed_for=actor)
