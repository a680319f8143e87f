"""Routes of images: uploading, listing, downloading and deleting them."""

import asyncio
from datetime import datetime
from typing import Annotated, Any, Literal, cast

from fastapi import APIRouter, Depends, File, Query, Request, Response, UploadFile
from pydantic import Field, SkipValidation

from core.api import media
from core.api.dependencies import CurrentActor, ServicesDep
from core.api.guard import TOKEN_HEADER
from core.api.routers.tasks import start
from core.api.schemas import Cursor, Id, Limit, Page, RequestBody, ResponseBody, TaskAnswer
from core.api.upload_form import UploadRoute
from core.api.uploads import add_uploads
from core.db import Images
from core.errors import NotFoundError
from core.images import ImageFilter, parse_image_query
from core.services import Services
from core.transform import Augmentation, Preprocessing

router = APIRouter(prefix="/api", tags=["images"], route_class=UploadRoute)

Outcome = Literal["added", "duplicate", "near-duplicate", "rejected"]


class ImageAnswer(ResponseBody):
    """An image of the library; *size* is in bytes, *width* and *height* in pixels."""

    id: str
    project_id: str
    image_name: str
    path: str
    size: int
    width: int | None
    height: int | None
    create_at: datetime
    update_at: datetime
    sha256: str
    format: str
    near_duplicate_of: str | None
    average_color: str
    brightness: float | None
    contrast: float | None
    sharpness: float | None
    tags: str
    source: str
    variant_of: str | None
    variant_steps: list[dict[str, Any]] | None
    pinned_split: str | None


class UploadOutcome(ResponseBody):
    """The outcome of one file."""

    image_name: str
    outcome: Outcome
    image: ImageAnswer | None
    reason: str | None


class UploadOutcomes(ResponseBody):
    """The outcomes of an upload, in the order of its files."""

    results: list[UploadOutcome]


@router.post("/projects/{project_id}/images", status_code=201)
async def upload_images(
    project_id: Id, files: Annotated[list[UploadFile], File(min_length=1)], services: ServicesDep, request: Request
) -> UploadOutcomes:
    """Add images; returns one outcome per file, in the order sent. A rejected file does not affect the others."""
    await asyncio.to_thread(services.projects.get_project, project_id)
    # Only components of pages send a page token; programs send a bearer token or none.
    source = "upload" if TOKEN_HEADER in request.headers else "api"
    outcomes = await add_uploads(services.intake, project_id, files, source)
    await asyncio.to_thread(services.analyze_new_images, project_id)
    return UploadOutcomes(results=[UploadOutcome.model_validate(outcome) for outcome in outcomes])


Term = Annotated[str, Query(max_length=200)]
SidePx = Annotated[int, Query(ge=0, le=100_000)]
Date = Annotated[str, Query(pattern=r"^(\d{4}-\d{2}-\d{2})?$", description="ISO date, UTC")]


def _filter(
    name: Term = "",
    tag: Term = "",
    format: Literal["", "JPEG", "PNG", "WEBP"] = "",
    color: Term = "",
    orientation: Literal["", "landscape", "portrait", "square"] = "",
    has: Annotated[Literal["", "questions", "no-questions", "entries", "no-entries"], Query(alias="holds")] = "",
    near_duplicates: Annotated[bool, Query(alias="alike", description="that have another one alike by hash")] = False,
    source: Term = "",
    min_side_px: SidePx = 0,
    max_side_px: SidePx = 0,
    added_from: Date = "",
    added_to: Date = "",
    sort: Literal["newest", "oldest", "name", "largest", "blurred"] = "newest",
) -> ImageFilter:
    return ImageFilter(
        name=name, tag=tag, format=format, color=color, orientation=orientation, has=has,
        near_duplicates=near_duplicates, source=source, min_side_px=min_side_px, max_side_px=max_side_px,
        added_from=added_from, added_to=added_to, sort=sort,
    )  # fmt: skip


Filter = Annotated[ImageFilter, Depends(_filter)]


Search = Annotated[
    str, Query(max_length=2000, description="a search line: words, and fields such as object:dog>=2 or -tag:draft")
]


@router.get("/projects/{project_id}/images")
def list_images(
    project_id: Id,
    image_filter: Filter,
    services: ServicesDep,
    q: Search = "",
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[ImageAnswer]:
    """List the images of a project, filtered and sorted; with words or similar: in *q* the best come first."""
    services.projects.get_project(project_id)
    page = services.image_queries.find(project_id, q, image_filter=image_filter, limit=limit, after=cursor)
    items = [ImageAnswer.model_validate(image) for image in page.items]
    return Page(items=items, next_cursor=page.next_cursor, total=page.total)


class FacetValueAnswer(ResponseBody):
    """A value, as in the term field:value, and how many images it finds."""

    value: str
    label: str
    count: int


class FacetAnswer(ResponseBody):
    """The values of a field of the search line, the most frequent first."""

    field: str
    label: str
    values: list[FacetValueAnswer]


class EmptyAnswer(ResponseBody):
    """The part of a search line that leaves nothing: how many images it finds alone, and how many the rest finds."""

    part: str
    alone: int
    without: int
    instead: str | None = Field(description="a term that is spelled nearly the same and finds some")


class FacetsAnswer(ResponseBody):
    """How many images a search line finds, and how they are distributed."""

    total: int
    facets: list[FacetAnswer]
    empty: EmptyAnswer | None = Field(description="null unless the search line finds nothing")


@router.get("/projects/{project_id}/images/facets")
def image_facets(project_id: Id, services: ServicesDep, q: Search = "") -> FacetsAnswer:
    """Count the images that a search line finds, by objects, words in them, tags, quality, size and more."""
    services.projects.get_project(project_id)
    query = parse_image_query(q)
    empty = services.image_queries.why_empty(project_id, query)
    return FacetsAnswer(
        total=services.image_queries.count(project_id, query),
        facets=[FacetAnswer.model_validate(facet) for facet in services.image_queries.facets(project_id, query)],
        empty=EmptyAnswer.model_validate(empty) if empty else None,
    )


class NewVariants(RequestBody):
    """Which variants are made of which images."""

    image_ids: Annotated[list[Id], Field(max_length=100_000)] | None = Field(None, description="null: every image")
    preprocessing: Annotated[Preprocessing | None, SkipValidation] = Field(
        None, description="done before the operations of augmentation; alone it makes one new version of each image"
    )
    augmentation: Annotated[Augmentation | None, SkipValidation] = Field(None, description="how many, by what")
    with_entries: bool = Field(True, description="whether variants get the entries that stay true, with their boxes")


class _VariantConfig(RequestBody):
    image_ids: list[Id] | None
    preprocessing: dict[str, Any]
    augmentation: dict[str, Any]
    with_entries: bool


@router.post("/projects/{project_id}/variants", status_code=202)
async def make_variants(
    project_id: Id, body: NewVariants, request: Request, response: Response, services: ServicesDep, actor: CurrentActor
) -> TaskAnswer:
    """Start making variants of images as images of their own, in the split of their originals."""
    # The recipes are not validated with the body, like that of an export.
    config = _VariantConfig(
        image_ids=body.image_ids, preprocessing=cast("dict[str, Any]", body.preprocessing or {}),
        augmentation=cast("dict[str, Any]", body.augmentation or {}), with_entries=body.with_entries,
    )  # fmt: skip
    return await start(services, request, response, actor, project_id, "image-variants", config)


class NewVersion(RequestBody):
    """How the version differs, and whether it takes the place of the image or becomes a variant beside it."""

    preprocessing: Preprocessing
    replaces: bool = True


class VersionAnswer(ResponseBody):
    """The version, how many entries came along, and how many did not, by reason."""

    image: ImageAnswer
    entries: int
    left_out: dict[str, int]


@router.post("/images/{image_id}/versions", status_code=201)
def save_version(image_id: Id, body: NewVersion, services: ServicesDep, actor: CurrentActor) -> VersionAnswer:
    """Save a new version of an image, with the questions and entries that stay true; the original can come back."""
    saved = services.versions.save(image_id, body.preprocessing, replaces=body.replaces, actor=actor.name)
    services.analyze_new_images(saved.image.project_id)
    return VersionAnswer.model_validate(saved)


@router.post("/images/{image_id}/versions/undo")
def undo_version(image_id: Id, services: ServicesDep, actor: CurrentActor) -> ImageAnswer:
    """Delete a version and bring back the image that it replaced, with its questions and entries; returns that."""
    return ImageAnswer.model_validate(services.versions.undo(image_id, actor=actor.name))


@router.get("/images/{image_id}")
def get_image(image_id: Id, services: ServicesDep) -> ImageAnswer:
    """Return an image without its bytes."""
    return ImageAnswer.model_validate(_image(services, image_id))


@router.delete("/images/{image_id}", status_code=204)
def delete_image(image_id: Id, services: ServicesDep) -> None:
    """Delete an image with its questions and entries."""
    if not services.images.delete_image(image_id):
        raise NotFoundError("This image does not exist any more. Choose another one.")


@router.head("/images/{image_id}/data", include_in_schema=False)
@router.get(
    "/images/{image_id}/data",
    response_class=Response,
    responses={
        200: {
            # The answer says which type it is; generators of clients know bytes by the first one.
            "content": {
                name: {"schema": {"type": "string", "format": "binary"}}
                for name in ("application/octet-stream", *media.IMAGE_TYPES)
            }
        },
        206: {"description": "The requested range"},
        304: {"description": "Not changed"},
        307: {"description": "The original is at this address in the bucket, for a while"},
        416: {"description": "The range lies outside the file"},
    },
)
async def get_image_data(
    image_id: Id, request: Request, services: ServicesDep, size: Literal["original", "view", "thumb"] = "original"
) -> Response:
    """Return the bytes: the unchanged original, or *view* or *thumb*: smaller, upright and without metadata."""
    return await media.file_response(
        request, lambda: media.image_file(services.images, _image(services, image_id), size)
    )


def _image(services: Services, image_id: str) -> Images:
    image = services.images.get_image(image_id)
    if image is None:
        raise NotFoundError("This image does not exist any more. Choose another one.")
    return image
