"""Routes of invitations."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from core.accounts.invitations import DEFAULT_DAYS, MAX_DAYS
from core.accounts.permissions import Act
from core.accounts.roles import Role
from core.api.dependencies import CurrentActor, ServicesDep
from core.api.routers.people import RoleName
from core.api.schemas import INTEGRAL, Id, RequestBody, ResponseBody
from core.db import Invitations

router = APIRouter(prefix="/api/invitations", tags=["people"])


class InvitationAnswer(ResponseBody):
    """An invitation that can be accepted; *path* is the link below the address of the server, shown once."""

    id: str
    project_id: str | None
    role: RoleName | None
    makes_admin: bool
    created_by: str
    create_at: datetime
    expires_at: datetime
    path: str | None = None


class NewInvitation(RequestBody):
    """A project with a role, or neither; only an admin may leave them out or make an admin."""

    project_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{21}$")] | None = None
    role: RoleName | None = None
    makes_admin: bool = False
    days: Annotated[int, Field(ge=1, le=MAX_DAYS), INTEGRAL] = DEFAULT_DAYS


@router.get("")
def list_invitations(
    services: ServicesDep,
    actor: CurrentActor,
    project_id: Annotated[str | None, Query(max_length=40, description="of this project only")] = None,
) -> list[InvitationAnswer]:
    """List the invitations that can still be accepted: of a project, for its owners, or all, for admins."""
    services.access.require(actor, Act.MANAGE_MEMBERS if project_id else Act.MANAGE_SERVER, project_id)
    return [InvitationAnswer.model_validate(row) for row in services.invitations.list_open(project_id)]


@router.post("", status_code=201)
def invite(body: NewInvitation, services: ServicesDep, actor: CurrentActor) -> InvitationAnswer:
    """Make an invitation; the link is in *path*, this once."""
    _may_invite(services, actor, body.project_id, body.makes_admin)
    made = services.invitations.invite(
        project_id=body.project_id, role=Role(body.role) if body.role else None, makes_admin=body.makes_admin,
        created_by=actor.name, days=body.days,
    )  # fmt: skip
    answer = InvitationAnswer.model_validate(made.row)
    return answer.model_copy(update={"path": f"/access/invitation/{made.secret}"})


@router.delete("/{invitation_id}", status_code=204)
def revoke_invitation(invitation_id: Id, services: ServicesDep, actor: CurrentActor) -> None:
    """Take an invitation back."""
    row: Invitations = services.invitations.get_invitation(invitation_id)
    _may_invite(services, actor, row.project_id, row.makes_admin)
    services.invitations.revoke(invitation_id)


def _may_invite(services: ServicesDep, actor: CurrentActor, project_id: str | None, makes_admin: bool) -> None:
    if project_id is None or makes_admin:
        services.access.require(actor, Act.MANAGE_SERVER)
    else:
        services.access.require(actor, Act.MANAGE_MEMBERS, project_id)
