"""Routes of duplicates: pairs of images of a project that show the same, with the way by which each was found."""

from typing import Literal

from fastapi import APIRouter

from core.api.dependencies import ServicesDep
from core.api.routers.images import Filter
from core.api.schemas import Cursor, Id, Limit, Page, ResponseBody

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
