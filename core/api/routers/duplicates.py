"""Routes of duplicates: pairs and groups of images that show the same, merging them, keeping them apart."""

from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import Field

from core.api.dependencies import CurrentActor, ServicesDep
from core.api.routers.images import Filter, ImageAnswer
from core.api.schemas import Cursor, Id, Limit, Page, RequestBody, ResponseBody
from core.errors import NotFoundError

router = APIRouter(prefix="/api", tags=["images"])


class DuplicatePairAnswer(ResponseBody):
    """Two images that show the same; *other_id* is the older one.

    *bits* is in how many of 64 bits their difference hashes differ, *cosine* that of their vectors; null when they are
    not near in this way.
    """

    image_id: str
    other_id: str
    ways: list[Literal["hash", "vectors"]]
    bits: int | None
    cosine: float | None


@router.get("/projects/{project_id}/duplicates")
def list_duplicates(
    project_id: Id, image_filter: Filter, services: ServicesDep, limit: Limit = 100, cursor: Cursor = None
) -> Page[DuplicatePairAnswer]:
    """List the pairs of images that show the same, the nearest first, of which one matches the filter."""
    services.projects.get_project(project_id)
    page = services.duplicate_search.find_pairs(project_id, image_filter, limit=limit, after=cursor)
    items = [DuplicatePairAnswer.model_validate(pair) for pair in page.items]
    return Page(items=items, next_cursor=page.next_cursor, total=page.total)


class DuplicateGroupAnswer(ResponseBody):
    """Images that pairs join, the oldest first."""

    images: list[ImageAnswer]
    pairs: list[DuplicatePairAnswer]
    variants: int = Field(description="variants of these images, which are no duplicates")


class GroupOfImages(RequestBody):
    """At least two images."""

    image_ids: Annotated[list[Id], Field(min_length=2, max_length=1000)]


class SeparatedAnswer(ResponseBody):
    """How many images were marked."""

    separated: int


@router.get("/projects/{project_id}/duplicates/groups")
def list_duplicate_groups(
    project_id: Id, image_filter: Filter, services: ServicesDep, limit: Limit = 20, cursor: Cursor = None
) -> Page[DuplicateGroupAnswer]:
    """List the groups of images that show the same, of which a pair has an image that matches the filter."""
    services.projects.get_project(project_id)
    page = services.duplicate_search.find_groups(project_id, image_filter, limit=limit, after=cursor)
    items = [DuplicateGroupAnswer.model_validate(group) for group in page.groups]
    return Page(items=items, next_cursor=page.next_cursor, total=page.total)


@router.post("/projects/{project_id}/duplicates/merge")
def merge_duplicates(project_id: Id, body: GroupOfImages, services: ServicesDep, actor: CurrentActor) -> ImageAnswer:
    """Give the oldest image the questions and entries of all, delete the others, and return it."""
    _check(services, project_id, body)
    return ImageAnswer.model_validate(services.duplicates.merge(body.image_ids, actor=actor.name))


@router.post("/projects/{project_id}/duplicates/separate")
def separate_duplicates(
    project_id: Id, body: GroupOfImages, services: ServicesDep, actor: CurrentActor
) -> SeparatedAnswer:
    """Record that images are different, so that no two of them are listed again."""
    _check(services, project_id, body)
    return SeparatedAnswer(separated=services.duplicates.separate(body.image_ids, actor=actor.name))


@router.post("/projects/{project_id}/duplicates/undo", status_code=204)
def undo_duplicates(project_id: Id, body: GroupOfImages, services: ServicesDep, actor: CurrentActor) -> None:
    """Undo the last separation or merge that one of the images was part of."""
    _check(services, project_id, body)
    services.duplicates.undo(body.image_ids, actor=actor.name)


def _check(services: ServicesDep, project_id: str, body: GroupOfImages) -> None:
    services.projects.get_project(project_id)
    if services.ownership.projects_of("image_ids", body.image_ids) - {project_id}:
        raise NotFoundError(
            "Some of these images do not exist in this project any more. Leave them out.", field="image_ids"
        )
