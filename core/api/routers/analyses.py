"""Routes of analyses: analyzing images, what was found in one, and the tags that a person accepts or removes."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response, UploadFile
from pydantic import Field

from core.api.dependencies import CurrentActor, ServicesDep
from core.api.routers.images import ImageAnswer
from core.api.routers.tasks import start
from core.api.schemas import INTEGRAL, Id, ModelChoice, RequestBody, ResponseBody, TaskAnswer
from core.api.upload_form import UploadRoute
from core.db import Images
from core.errors import NotFoundError

router = APIRouter(prefix="/api", tags=["analyses"], route_class=UploadRoute)

Found = Annotated[int, Query(ge=1, le=500)]
Name = Annotated[str, Field(min_length=1, max_length=60)]


class AnalyzeImages(RequestBody):
    """The analyzers that run, the images, and the model of analyzers that ask one."""

    analyzers: Annotated[list[Name], Field(min_length=1, max_length=50)]
    image_ids: Annotated[list[str], Field(max_length=100_000)] | None = Field(
        None, description="null: every image of the project"
    )
    fresh: bool = Field(False, description="also images that have a current result")
    llm_config: ModelChoice | None = None
    concurrency: Annotated[int, Field(ge=1, le=64), INTEGRAL] | None = None
    cost_cap: float | None = Field(
        None,
        gt=0,
        allow_inf_nan=False,
        description="US dollars; the task pauses before a call that would exceed this sum",
    )


Tags = Annotated[list[Annotated[str, Field(min_length=1, max_length=60)]], Field(max_length=100)]


class TagChange(RequestBody):
    """Tags to accept, which become tags of the image, and to remove, which are not proposed again."""

    accept: Tags = Field([])
    remove: Tags = Field([])


class TagsAnswer(ResponseBody):
    """The tags of an image: its own, those that are proposed, and those that a person removed."""

    accepted: list[str]
    proposed: list[str]
    removed: list[str]
    can_undo: bool


@router.post("/projects/{project_id}/analyses", status_code=202)
async def analyze_images(
    project_id: Id,
    body: AnalyzeImages,
    request: Request,
    response: Response,
    services: ServicesDep,
    actor: CurrentActor,
) -> TaskAnswer:
    """Start a task that analyzes the images without a current result."""
    return await start(services, request, response, actor, project_id, "image-analysis", body)


@router.get("/images/{image_id}/analysis")
def get_analysis(image_id: Id, services: ServicesDep) -> dict[str, dict[str, Any]]:
    """Return what the analyzers found in an image, by analyzer; boxes are in px of the upright original."""
    if services.images.get_image(image_id) is None:
        raise NotFoundError("This image does not exist any more. Choose another one.")
    return services.analysis.get_analysis(image_id)


@router.get("/images/{image_id}/tags")
def get_tags(image_id: Id, services: ServicesDep) -> TagsAnswer:
    """Return the tags of an image."""
    return TagsAnswer.model_validate(services.tag_review.tags(image_id))


@router.post("/images/{image_id}/tags")
def change_tags(image_id: Id, body: TagChange, services: ServicesDep, actor: CurrentActor) -> TagsAnswer:
    """Accept tags and remove others."""
    changed = services.tag_review.change(image_id, body.accept, body.remove, actor=actor.name)
    return TagsAnswer.model_validate(changed)


@router.post("/images/{image_id}/tags/undo")
def undo_tags(image_id: Id, services: ServicesDep, actor: CurrentActor) -> TagsAnswer:
    """Undo the last change of the tags of an image."""
    return TagsAnswer.model_validate(services.tag_review.undo(image_id, actor=actor.name))


class TagsOfImages(TagChange):
    """The images, tags that they get, and tags that are removed from those that have them."""

    image_ids: Annotated[list[Id], Field(min_length=1, max_length=100_000)]


class TagBatchAnswer(ResponseBody):
    """How many images have other tags now, and the name of the action, by which it can be undone."""

    batch_id: str
    images: int


class TagBatchUndo(RequestBody):
    """The action that is undone."""

    batch_id: Annotated[str, Field(min_length=1, max_length=21)]


class TagUndoAnswer(ResponseBody):
    """How many images have their earlier tags again, and how many were changed since and keep theirs."""

    images: int
    conflicts: int


@router.post("/projects/{project_id}/tags")
def change_tags_of_images(
    project_id: Id, body: TagsOfImages, services: ServicesDep, actor: CurrentActor
) -> TagBatchAnswer:
    """Give several images tags, and remove others from them, as one action."""
    changed = services.tag_review.change_many(project_id, body.image_ids, body.accept, body.remove, actor=actor.name)
    return TagBatchAnswer.model_validate(changed)


@router.post("/projects/{project_id}/tags/undo")
def undo_tags_of_images(
    project_id: Id, body: TagBatchUndo, services: ServicesDep, actor: CurrentActor
) -> TagUndoAnswer:
    """Undo such an action."""
    undone = services.tag_review.undo_batch(project_id, body.batch_id, actor=actor.name)
    return TagUndoAnswer.model_validate(undone)


class FoundImage(ResponseBody):
    """An image that was found, and how near it is: of similar images the cosine, of words a sum that only orders."""

    image: ImageAnswer
    score: float


class FoundImages(ResponseBody):
    """The best first."""

    items: list[FoundImage]


@router.get("/images/{image_id}/similar")
def find_similar(image_id: Id, services: ServicesDep, limit: Found = 20) -> FoundImages:
    """Return the images of the same project that are most similar to one; it needs the analyzer ``embedding``."""
    return _found(services.images.find_similar(image_id, limit))


@router.get("/projects/{project_id}/images/search")
def search_images(
    project_id: Id,
    services: ServicesDep,
    q: Annotated[str, Query(min_length=1, max_length=500, description="what the images should show")],
    limit: Found = 60,
) -> FoundImages:
    """Return the images whose text, objects, tags or caption mean what *q* says."""
    services.projects.get_project(project_id)
    return _found(services.images.search_images(project_id, q, limit))


class SimilarToExample(FoundImages):
    """The best first; *id* is that of the example, for similar: in a search line, until the server ends."""

    id: str


@router.post("/projects/{project_id}/images/similar")
async def find_similar_to_example(
    project_id: Id, file: UploadFile, services: ServicesDep, limit: Found = 20
) -> SimilarToExample:
    """Return the images that are most similar to the image that is sent, which is not added to the project."""
    await asyncio.to_thread(services.projects.get_project, project_id)
    id_ = await services.examples.add(await file.read(), file.filename or "image")
    found = await asyncio.to_thread(services.image_queries.find, project_id, f"similar:{id_}", limit=limit)
    items = [(image, found.scores[image.id]) for image in found.items]
    return SimilarToExample(id=id_, items=_found(items).items)


def _found(found: list[tuple[Images, float]]) -> FoundImages:
    return FoundImages(
        items=[FoundImage(image=ImageAnswer.model_validate(image), score=round(score, 4)) for image, score in found]
    )
