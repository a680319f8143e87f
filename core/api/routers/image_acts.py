"""Routes of what is done with several images at once, and of what was done with one."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import Field

from core.api.dependencies import CurrentActor, ServicesDep
from core.api.routers.images import ImageAnswer, Search
from core.api.schemas import Id, RequestBody, ResponseBody
from core.errors import NotFoundError
from core.images import parse_image_query

router = APIRouter(prefix="/api", tags=["images"])

ImageIds = Annotated[list[Id], Field(min_length=1, max_length=100_000)]
_GONE = "Some of these images do not exist in this project any more. Leave them out."


class DeleteImages(RequestBody):
    """The images to delete."""

    image_ids: ImageIds
    dry_run: bool = Field(False, description="only count what would be deleted")


class DependentsAnswer(ResponseBody):
    """How many images, questions and entries there are, and how many of the entries a person confirmed."""

    images: int
    questions: int
    entries: int
    confirmed: int


class SomeImages(RequestBody):
    """Images."""

    image_ids: ImageIds


class ImageList(ResponseBody):
    """Images."""

    items: list[ImageAnswer]


class ImageIdList(ResponseBody):
    """Ids of images, in the order of the search."""

    image_ids: list[str]


class ImageEventAnswer(ResponseBody):
    """Something that was done with an image, with its fields before and after."""

    action: str
    actor: str
    at: datetime
    old: dict[str, Any]
    new: dict[str, Any]


class ImageHistory(ResponseBody):
    """The last 100 acts, newest first."""

    items: list[ImageEventAnswer]


class FieldValues(ResponseBody):
    """Values of a field of the search line, the most frequent first; none for numbers and dates."""

    values: list[str]


@router.get("/images/{image_id}/history")
def get_image_history(image_id: Id, services: ServicesDep) -> ImageHistory:
    """Return what was done with an image."""
    if services.images.get_image(image_id) is None:
        raise NotFoundError("This image does not exist any more. Choose another one.")
    events = services.library.history(image_id)
    return ImageHistory(items=[ImageEventAnswer.model_validate(event) for event in events])


@router.get("/projects/{project_id}/images/ids")
def list_image_ids(project_id: Id, services: ServicesDep, q: Search = "") -> ImageIdList:
    """Return the ids of all images that a search line finds, for acts on them."""
    services.projects.get_project(project_id)
    return ImageIdList(image_ids=services.image_queries.find_ids(project_id, parse_image_query(q)))


@router.post("/projects/{project_id}/images/delete")
def delete_images(project_id: Id, body: DeleteImages, services: ServicesDep, actor: CurrentActor) -> DependentsAnswer:
    """Delete images with their questions and entries; the bin has them, and ``/images/restore`` undoes it."""
    _check(services, project_id, body.image_ids)
    if body.dry_run:
        return DependentsAnswer.model_validate(services.library.count_dependents(body.image_ids))
    return DependentsAnswer.model_validate(services.library.delete_images(body.image_ids, actor=actor.name))


@router.post("/projects/{project_id}/images/restore")
def restore_images(project_id: Id, body: SomeImages, services: ServicesDep, actor: CurrentActor) -> ImageList:
    """Restore deleted images, each with exactly the questions and entries that were deleted with it."""
    _check(services, project_id, body.image_ids)
    restored = services.library.restore_images(body.image_ids, actor=actor.name)
    return ImageList(items=[ImageAnswer.model_validate(image) for image in restored])


@router.get("/projects/{project_id}/values")
def list_field_values(
    project_id: Id, field: str, services: ServicesDep, of: Literal["images", "entries"] = "entries"
) -> FieldValues:
    """Return the values that a field of a search line can have."""
    services.projects.get_project(project_id)
    if of == "images":
        return FieldValues(values=list(services.image_queries.field_values(project_id, field)))
    return FieldValues(values=list(services.entries.field_values(project_id, field)))


def _check(services: ServicesDep, project_id: str, image_ids: list[str]) -> None:
    """Refuse images of another project, deleted ones included."""
    services.projects.get_project(project_id)
    if services.ownership.projects_of("image_ids", image_ids) - {project_id}:
        raise NotFoundError(_GONE, field="image_ids")
