"""Routes of the map of a project: its state, laying it out, and where the images are."""

from datetime import datetime

from fastapi import APIRouter, Request, Response

from core.api.dependencies import CurrentActor, ServicesDep
from core.api.routers.tasks import start
from core.api.schemas import Id, RequestBody, ResponseBody, TaskAnswer
from core.errors import NotFoundError

router = APIRouter(prefix="/api", tags=["analyses"])


class MapAnswer(ResponseBody):
    """What a project has of a map; *made_at* is null before it was laid out."""

    made_at: datetime | None
    images: int
    placed: int
    without_vector: int
    wants_layout: bool


class MapPointsAnswer(ResponseBody):
    """Where the images are: *x* to the right, *y* upward, 0 to 65,535; *group* is 255 for those outside of groups."""

    image_ids: list[str]
    x: list[int]
    y: list[int]
    group: list[int]


class _NoConfig(RequestBody):
    pass


@router.get("/projects/{project_id}/map")
def get_map(project_id: Id, services: ServicesDep) -> MapAnswer:
    """Return of when the map is, how many images are on it, and how many are not because they have no vector."""
    services.projects.get_project(project_id)
    return MapAnswer.model_validate(services.map.state(project_id))


@router.post("/projects/{project_id}/map", status_code=202)
async def lay_out_map(
    project_id: Id, request: Request, response: Response, services: ServicesDep, actor: CurrentActor
) -> TaskAnswer:
    """Start laying out the map anew; images need the analyzer ``embedding`` before."""
    return await start(services, request, response, actor, project_id, "image-map", _NoConfig())


@router.get("/projects/{project_id}/map/points")
def get_map_points(project_id: Id, services: ServicesDep) -> MapPointsAnswer:
    """Return where all images of the map are."""
    services.projects.get_project(project_id)
    points = services.map.points(project_id)
    if points is None:
        raise NotFoundError("This project has no map yet. Lay it out first.")
    return MapPointsAnswer(
        image_ids=list(points.ids), x=points.places[:, 0].tolist(), y=points.places[:, 1].tolist(),
        group=points.groups.tolist(),
    )  # fmt: skip
