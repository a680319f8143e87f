"""Routes of analyses: analyzing images, what was found in one, and the tags that a person accepts or removes."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from core.api.dependencies import CurrentActor, ServicesDep
from core.api.routers.images import ImageAnswer
from core.api.routers.tasks import start
from core.api.schemas import INTEGRAL, Id, ModelChoice, RequestBody, ResponseBody, TaskAnswer
from core.db import Images
from core.errors import NotFoundError

router = APIRouter(prefix="/api", tags=["analyses"])

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
        None, gt=0, description="US dollars; the task pauses before a call that would exceed this sum"
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


def _found(found: list[tuple[Images, float]]) -> FoundImages:
    return FoundImages(
        items=[FoundImage(image=ImageAnswer.model_validate(image), score=round(score, 4)) for image, score in found]
    )
