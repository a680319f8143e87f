"""Routes of the bin: what was deleted, restoring it, deleting it for good."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from core.accounts.permissions import Act
from core.accounts.roles import Role
from core.api.dependencies import CurrentActor, ServicesDep
from core.api.schemas import Cursor, Id, Limit, Page, RequestBody, ResponseBody
from core.bin import BinPage
from core.bin.finding import BinKind

router = APIRouter(prefix="/api", tags=["bin"])

Kind = Annotated[BinKind, Query(description="what is listed")]


class BinAnswer(ResponseBody):
    """Something in the bin."""

    kind: BinKind
    id: str
    project_id: str
    project_name: str
    label: str
    deleted_at: datetime
    deleted_by: str = Field(description="empty when nobody knows")
    until: datetime = Field(description="when it is deleted for good")


class InBin(RequestBody):
    """Which thing in the bin."""

    kind: BinKind
    id: Annotated[str, Field(max_length=100)]


class RestoredAnswer(ResponseBody):
    """What was restored."""

    kind: BinKind
    id: str
    project_id: str
    label: str
    note: str = Field(description="what is different now, in a sentence")


@router.get("/bin")
def list_bin(
    services: ServicesDep, actor: CurrentActor, kind: Kind = "project", limit: Limit = 100, cursor: Cursor = None
) -> Page[BinAnswer]:
    """List what is in the bin of all projects that the caller owns, the last deleted first."""
    visible = services.access.visible_projects(actor)
    if visible is None and actor.highest_role not in (None, Role.OWNER):  # a token with limits, of an admin
        visible = frozenset()
    owned = visible and {id_ for id_ in visible if services.access.may(actor, Act.DELETE_PROJECT, id_)}
    return _page(services.bin.find(kind, only=owned, limit=limit, after=cursor))


@router.post("/bin/restore")
def restore_from_bin(body: InBin, services: ServicesDep, actor: CurrentActor) -> RestoredAnswer:
    """Restore a project, or what was deleted in one; its owners may."""
    services.access.require(actor, Act.DELETE_PROJECT, services.bin.get(body.kind, body.id).project_id)
    return RestoredAnswer.model_validate(services.bin.restore(body.kind, body.id, actor=actor.name))


@router.post("/bin/delete", status_code=204)
def delete_from_bin(body: InBin, services: ServicesDep, actor: CurrentActor) -> None:
    """Delete something in the bin for good."""
    services.access.require(actor, Act.DELETE_PROJECT, services.bin.get(body.kind, body.id).project_id)
    services.bin.delete_for_good(body.kind, body.id, actor=actor.name)


@router.get("/projects/{project_id}/bin")
def list_project_bin(
    project_id: Id, services: ServicesDep, kind: Kind = "image", limit: Limit = 100, cursor: Cursor = None
) -> Page[BinAnswer]:
    """List what was deleted in a project, the last deleted first."""
    services.projects.get_project(project_id)
    return _page(services.bin.find(kind, project_id, limit=limit, after=cursor))


@router.post("/projects/{project_id}/bin/restore")
def restore_in_project(project_id: Id, body: InBin, services: ServicesDep, actor: CurrentActor) -> RestoredAnswer:
    """Restore an image, an entry or a style dataset of a project."""
    services.projects.get_project(project_id)
    restored = services.bin.restore(body.kind, body.id, project_id=project_id, actor=actor.name)
    return RestoredAnswer.model_validate(restored)


@router.post("/projects/{project_id}/bin/delete", status_code=204)
def delete_in_project(project_id: Id, body: InBin, services: ServicesDep, actor: CurrentActor) -> None:
    """Delete an image, an entry or a style dataset in the bin of a project for good."""
    services.projects.get_project(project_id)
    services.bin.delete_for_good(body.kind, body.id, project_id=project_id, actor=actor.name)


def _page(page: BinPage) -> Page[BinAnswer]:
    items = [BinAnswer.model_validate(item) for item in page.items]
    return Page(items=items, next_cursor=page.next_cursor, total=page.total)
