"""Routes of accounts and of members of projects."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import Field

from core.accounts.memberships import Member
from core.accounts.permissions import Act
from core.accounts.roles import Role
from core.accounts.service import MAX_NAME_CHARS
from core.api import credentials
from core.api.dependencies import CurrentActor, ServicesDep
from core.api.schemas import Id, Problem, RequestBody, ResponseBody
from core.db import Accounts
from core.errors import ForbiddenError, NotFoundError

router = APIRouter(prefix="/api", tags=["people"])

Name = Annotated[str, Field(min_length=1, max_length=MAX_NAME_CHARS)]
FullName = Annotated[str, Field(max_length=MAX_NAME_CHARS)]
Password = Annotated[str, Field(max_length=1000)]
RoleName = Literal["viewer", "annotator", "editor", "owner"]


class AccountAnswer(ResponseBody):
    """An account; never its password."""

    id: str
    name: str
    display_name: str
    is_admin: bool
    create_at: datetime
    last_sign_in_at: datetime | None
    disabled_at: datetime | None


class MeAnswer(ResponseBody):
    """Who calls: a person, a token, or whoever works on this machine; *roles* by project id, without an admin's."""

    name: str
    account_id: str | None
    is_admin: bool
    sign_in: Literal["none", "password", "accounts"]
    roles: dict[str, RoleName]


class NewAccount(RequestBody):
    """A new account; without a password it cannot sign in by one."""

    name: Name
    password: Password | None = Field(None, repr=False)
    display_name: FullName = ""
    is_admin: bool = False


class AccountChange(RequestBody):
    """The fields to change. A new password, and disabling, end the sessions of the account."""

    display_name: FullName | None = None
    password: Password | None = Field(None, repr=False)
    is_admin: bool | None = None
    is_disabled: bool | None = None


class PasswordChange(RequestBody):
    """The present password and the new one."""

    old_password: Password = Field(repr=False)
    new_password: Password = Field(repr=False)


class MemberAnswer(ResponseBody):
    """A member of a project."""

    account_id: str
    name: str
    display_name: str
    role: RoleName
    is_disabled: bool


class NewMember(RequestBody):
    """The name of an account, and its role."""

    name: Name
    role: RoleName


class RoleChange(RequestBody):
    """The new role."""

    role: RoleName


# --- accounts ------------------------------------------------------------------------------------------------


@router.get("/accounts/me")
def get_me(services: ServicesDep, actor: CurrentActor) -> MeAnswer:
    """Say who calls, and which roles they have."""
    roles = services.memberships.roles_of(actor.account_id) if actor.account_id is not None else {}
    visible = services.access.visible_projects(actor)
    held = {id_: services.access.role(actor, id_) or role for id_, role in roles.items()}
    return MeAnswer(
        name=actor.name, account_id=actor.account_id, is_admin=actor.is_admin,
        sign_in=services.db.settings.sign_in_mode,
        roles={id_: role.value for id_, role in held.items() if visible is None or id_ in visible},
    )  # fmt: skip


@router.put(
    "/accounts/me/password",
    status_code=204,
    responses={429: {"model": Problem, "description": "The present password was wrong too often; try again later"}},
)
def change_my_password(body: PasswordChange, services: ServicesDep, actor: CurrentActor) -> None:
    """Change the password of the caller's account and end its sessions, this one included."""
    services.accounts.change_password(_own_account(actor), body.old_password, body.new_password)
    credentials.sessions_ended()


@router.delete("/accounts/me/sessions", status_code=204)
def sign_out_everywhere(services: ServicesDep, actor: CurrentActor) -> None:
    """End every session of the caller's account, this one included."""
    services.accounts.sign_out_everywhere(_own_account(actor))
    credentials.sessions_ended()


@router.get("/accounts")
def list_accounts(services: ServicesDep, actor: CurrentActor) -> list[AccountAnswer]:
    """List all accounts by name; for admins."""
    services.access.require(actor, Act.MANAGE_SERVER)
    return [AccountAnswer.model_validate(account) for account in services.accounts.list_accounts()]


@router.post("/accounts", status_code=201)
def create_account(body: NewAccount, services: ServicesDep, actor: CurrentActor) -> AccountAnswer:
    """Make an account; for admins."""
    services.access.require(actor, Act.MANAGE_SERVER)
    made = services.accounts.create_account(
        body.name, body.password, display_name=body.display_name, is_admin=body.is_admin
    )
    return AccountAnswer.model_validate(made)


@router.put("/accounts/{account_id}")
def change_account(account_id: Id, body: AccountChange, services: ServicesDep, actor: CurrentActor) -> AccountAnswer:
    """Change an account: full name, password, admin or not, disabled or not; for admins."""
    services.access.require(actor, Act.MANAGE_SERVER)
    accounts = services.accounts
    account: Accounts = accounts.get_account(account_id)
    if body.display_name is not None:
        account = accounts.rename_display(account_id, body.display_name)
    if body.password is not None:
        account = accounts.set_password(account_id, body.password)
    if body.is_admin is not None:
        account = accounts.set_admin(account_id, body.is_admin)
    if body.is_disabled is not None:
        account = accounts.disable_account(account_id) if body.is_disabled else accounts.enable_account(account_id)
    credentials.sessions_ended()
    return AccountAnswer.model_validate(account)


# --- members -------------------------------------------------------------------------------------------------


@router.get("/projects/{project_id}/members")
def list_members(project_id: Id, services: ServicesDep) -> list[MemberAnswer]:
    """List the members of a project, owners first."""
    services.projects.get_project(project_id)
    return [_member(member) for member in services.memberships.members(project_id)]


@router.post("/projects/{project_id}/members", status_code=201)
def add_member(project_id: Id, body: NewMember, services: ServicesDep, actor: CurrentActor) -> MemberAnswer:
    """Add the account with this name to a project, or change its role."""
    services.projects.get_project(project_id)
    account_id = services.accounts.named(body.name).id
    return _set_role(services, actor, project_id, account_id, body.role)


@router.put("/projects/{project_id}/members/{account_id}")
def change_member(
    project_id: Id, account_id: Id, body: RoleChange, services: ServicesDep, actor: CurrentActor
) -> MemberAnswer:
    """Change the role of a member."""
    services.projects.get_project(project_id)
    if account_id not in {member.account.id for member in services.memberships.members(project_id)}:
        raise NotFoundError("This person is not a member of the project any more.")
    return _set_role(services, actor, project_id, account_id, body.role)


@router.delete("/projects/{project_id}/members/{account_id}", status_code=204)
def remove_member(project_id: Id, account_id: Id, services: ServicesDep, actor: CurrentActor) -> None:
    """Take an account out of a project."""
    services.projects.get_project(project_id)
    services.memberships.remove_member(project_id, account_id, by_admin=actor.is_admin)


def _set_role(services: ServicesDep, actor: CurrentActor, project_id: str, account_id: str, role: str) -> MemberAnswer:
    return _member(services.memberships.set_role(project_id, account_id, Role(role), by_admin=actor.is_admin))


def _own_account(actor: CurrentActor) -> str:
    if actor.account_id is None or not actor.has_session:
        raise ForbiddenError("Only a person who has signed in with an account may do this.")
    return actor.account_id


def _member(member: Member) -> MemberAnswer:
    account = member.account
    return MemberAnswer(
        account_id=account.id, name=account.name, display_name=account.display_name, role=member.role.value,
        is_disabled=account.disabled_at is not None,
    )  # fmt: skip
