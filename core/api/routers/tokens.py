"""Routes of API tokens."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import Field

from core.accounts.permissions import Act
from core.api.dependencies import CurrentActor, ServicesDep
from core.api.routers.people import RoleName
from core.api.schemas import Id, RequestBody, ResponseBody
from core.db import ApiTokens
from core.errors import ForbiddenError, NotFoundError

router = APIRouter(prefix="/api/tokens", tags=["people"])


class TokenAnswer(ResponseBody):
    """An API token; *secret* is shown once."""

    id: str
    name: str
    scope: Literal["read", "write"]
    account_id: str | None
    project_id: str | None
    role: RoleName | None
    create_at: datetime
    last_used_at: datetime | None
    secret: str | None = None


class NewTokenBody(RequestBody):
    """A token with the rights of who makes it, within a project and a role if they are named."""

    name: Annotated[str, Field(min_length=1, max_length=100, pattern=r"\S")]
    scope: Literal["read", "write"] = "write"
    project_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{21}$")] | None = None
    role: RoleName | None = None


@router.get("")
def list_tokens(services: ServicesDep, actor: CurrentActor) -> list[TokenAnswer]:
    """List the API tokens that are valid: those of the caller's account, or all, for admins.

    A token with limits sees itself.
    """
    rows = services.tokens.list_tokens()
    return [TokenAnswer.model_validate(row) for row in rows if _may_manage(actor, row)]


@router.post("", status_code=201)
def create_token(body: NewTokenBody, services: ServicesDep, actor: CurrentActor) -> TokenAnswer:
    """Make an API token; its *secret* is shown this once.

    The token of a person, or one with limits, makes none: whoever got hold of it has nothing when it is revoked.
    """
    is_of_person = actor.account_id is not None and not actor.has_session
    if actor.has_limits or is_of_person:
        raise ForbiddenError("A token makes no other tokens. Sign in to make one.")
    if body.project_id is not None:
        services.access.require(actor, Act.READ, body.project_id)
    made = services.tokens.make_token(
        body.name, body.scope, account_id=actor.account_id, project_id=body.project_id, role=body.role
    )
    return TokenAnswer.model_validate(made.row).model_copy(update={"secret": made.secret})


@router.delete("/{token_id}", status_code=204)
def revoke_token(token_id: Id, services: ServicesDep, actor: CurrentActor) -> None:
    """Revoke an API token: requests with it are refused from now on. A token with limits can revoke itself."""
    row = services.tokens.get_active(token_id)
    if row is None or not _may_manage(actor, row):
        raise NotFoundError("This token does not exist any more. Choose another one.")
    services.tokens.revoke_token(token_id)


def _may_manage(actor: CurrentActor, row: ApiTokens) -> bool:
    if actor.has_limits:
        return actor.credential == f"token:{row.id}"
    return actor.is_admin or (actor.account_id is not None and row.account_id == actor.account_id)
