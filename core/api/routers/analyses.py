"""Routes of analyses: analyzing images, what was found in one, and the tags that a person accepts or removes."""

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import Field

from core.api.dependencies import CurrentActor, ServicesDep
from core.api.routers.tasks import start
from core.api.schemas import INTEGRAL, Id, ModelChoice, RequestBody, ResponseBody, TaskAnswer
from core.errors import NotFoundError

router = APIRouter(prefix="/api", tags=["analyses"])

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
