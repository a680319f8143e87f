"""Routes of the audit: who did what, when, from where."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain, islice
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from starlette.responses import StreamingResponse

from core.accounts.permissions import Act
from core.api.dependencies import CurrentActor, ServicesDep
from core.api.schemas import Cursor, Id, Limit, Page, ResponseBody
from core.audit import AuditFilter
from core.services import Services

router = APIRouter(prefix="/api", tags=["audit"])

Word = Annotated[str, Query(max_length=200)]
_CSV: dict[str, Any] = {
    "response_class": StreamingResponse,
    "responses": {200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
}


class AuditAnswer(ResponseBody):
    """One act."""

    id: str
    at: datetime
    who: str
    account_id: str | None
    token_id: str | None
    address: str
    way: str
    act: str
    project_id: str | None
    project_name: str
    kind: str
    object_id: str
    label: str
    details: dict[str, Any]
    request_id: str


def _chosen(
    who: Word = "",
    act: Word = "",
    kind: Word = "",
    object_id: Word = "",
    since: datetime | None = None,
    until: datetime | None = None,
) -> AuditFilter:
    return AuditFilter(who, act, kind, None, object_id, _aware(since), _aware(until))


Chosen = Annotated[AuditFilter, Depends(_chosen)]


@router.get("/audit")
def list_audit(
    chosen: Chosen,
    services: ServicesDep,
    actor: CurrentActor,
    project_id: Annotated[str | None, Query(max_length=100)] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[AuditAnswer]:
    """List what was done on this server, newest first; times without a zone are UTC. Admins may."""
    services.access.require(actor, Act.MANAGE_SERVER)
    return _page(services, _of(chosen, project_id), limit, cursor)


@router.get("/audit.csv", **_CSV)
def download_audit(
    chosen: Chosen,
    services: ServicesDep,
    actor: CurrentActor,
    project_id: Annotated[str | None, Query(max_length=100)] = None,
) -> StreamingResponse:
    """Return what was done on this server as CSV, newest first. Admins may."""
    services.access.require(actor, Act.MANAGE_SERVER)
    return _csv(services, _of(chosen, project_id))


@router.get("/projects/{project_id}/audit")
def list_project_audit(
    project_id: Id, chosen: Chosen, services: ServicesDep, limit: Limit = 100, cursor: Cursor = None
) -> Page[AuditAnswer]:
    """List what was done in a project, newest first."""
    services.projects.get_project(project_id)
    return _page(services, _of(chosen, project_id), limit, cursor)


@router.get("/projects/{project_id}/audit.csv", **_CSV)
def download_project_audit(project_id: Id, chosen: Chosen, services: ServicesDep) -> StreamingResponse:
    """Return what was done in a project as CSV, newest first."""
    services.projects.get_project(project_id)
    return _csv(services, _of(chosen, project_id))


def _page(services: Services, chosen: AuditFilter, limit: int, cursor: str | None) -> Page[AuditAnswer]:
    page = services.audit.find(chosen, limit=limit, after=cursor)
    items = [AuditAnswer.model_validate(entry) for entry in page.items]
    return Page(items=items, next_cursor=page.next_cursor, total=page.total)


def _csv(services: Services, chosen: AuditFilter) -> StreamingResponse:
    lines = services.audit.csv_lines(chosen)
    begin = list(islice(lines, 2))  # the second is of the database: what it refuses is answered, not cut off

    def pieces() -> Iterator[bytes]:
        for line in chain(begin, lines):
            yield line.encode("utf-8", "replace")

    headers = {"Content-Disposition": 'attachment; filename="audit.csv"', "X-Content-Type-Options": "nosniff"}
    return StreamingResponse(pieces(), media_type="text/csv; charset=utf-8", headers=headers)


def _of(chosen: AuditFilter, project_id: str | None) -> AuditFilter:
    return replace(chosen, project_id=project_id)


def _aware(at: datetime | None) -> datetime | None:
    return at.replace(tzinfo=UTC) if at is not None and at.tzinfo is None else at
