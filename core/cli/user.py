"""``vitrine user``: accounts of people and their roles."""

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.accounts.roles import parse_role
from core.cli.database import opened, project_id
from core.cli.output import Json, result
from core.errors import InvalidInputError

if TYPE_CHECKING:
    from core.db import Accounts

app = typer.Typer(help="Manage the accounts of people (VITRINE_SIGN_IN=accounts).", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="The name by which the person signs in.")]
FromStdin = Annotated[bool, typer.Option("--password-stdin", help="Read the password from the first line of stdin.")]


@app.command("add")
def add(
    name: Name,
    full_name: Annotated[str, typer.Option(help="The full name, for lists of people.")] = "",
    admin: Annotated[bool, typer.Option("--admin", help="May do everything on every project.")] = False,
    password_stdin: FromStdin = False,
    as_json: Json = False,
) -> None:
    """Make an account; the password is asked for.

    Example: vitrine user add ana --full-name "Ana Lima"
    """
    from core.accounts.service import AccountService

    password = _new_password(password_stdin)
    with opened() as db:
        account = AccountService(db).create_account(name, password, display_name=full_name, is_admin=admin)
        result(as_json, _values(account), f"Added {_described(account)}.")


@app.command("list")
def list_(as_json: Json = False) -> None:
    """List the accounts with their projects and roles.

    Example: vitrine user list
    """
    from core.accounts.memberships import MembershipService
    from core.accounts.service import AccountService
    from core.projects import ProjectService

    with opened() as db:
        names = {project.id: project.name for project in ProjectService(db).list_projects()}
        values, lines = [], []
        for account in AccountService(db).list_accounts():
            roles = {id_: role for id_, role in MembershipService(db).roles_of(account.id).items() if id_ in names}
            shown = sorted(f"{names[id_]}: {role}" for id_, role in roles.items())
            lines.append("  ".join([_described(account), ", ".join(shown)]).rstrip())
            projects = [{"id": id_, "name": names[id_], "role": role.value} for id_, role in roles.items()]
            values.append({**_values(account), "projects": projects})
        result(as_json, values, "\n".join(lines))


@app.command("password")
def password(name: Name, password_stdin: FromStdin = False, as_json: Json = False) -> None:
    """Give an account a new password; its sessions end at once.

    Example: vitrine user password ana
    """
    from core.accounts.service import AccountService

    new = _new_password(password_stdin)
    with opened() as db:
        accounts = AccountService(db)
        account = accounts.set_password(accounts.named(name).id, new)
        result(as_json, _values(account), f"{account.name} has a new password and is signed out everywhere.")


@app.command("role")
def role(
    name: Name,
    role: Annotated[str | None, typer.Argument(help="viewer, annotator, editor or owner; none to remove.")] = None,
    project: Annotated[str | None, typer.Option(help="Id or name of the project.")] = None,
    admin: Annotated[bool | None, typer.Option("--admin/--no-admin", help="An admin of the server, or not.")] = None,
    as_json: Json = False,
) -> None:
    """Give a role in a project, or make an admin.

    Example: vitrine user role ana editor --project Shelf
    """
    from core.accounts.memberships import MembershipService
    from core.accounts.service import AccountService

    with opened() as db:
        accounts = AccountService(db)
        account = accounts.named(name)
        if (role is None) != (project is None) or (role is None and admin is None):
            raise InvalidInputError("Name a role and a project, or --admin or --no-admin.")
        lines = []
        if role is not None and project is not None:
            id_, members = project_id(db, project), MembershipService(db)
            if role == "none":
                members.remove_member(id_, account.id, by_admin=True)
                lines.append(f"{account.name} is no member of {project} any more.")
            else:
                member = members.set_role(id_, account.id, parse_role(role), by_admin=True)
                lines.append(f"{account.name} is {member.role} in {project}.")
        if admin is not None:
            account = accounts.set_admin(account.id, admin)
            lines.append(f"{_described(account)}." if admin else f"{account.name} is no admin any more.")
        values = _values(account) | ({"project": project, "role": role} if role is not None else {})
        result(as_json, values, "\n".join(lines))


@app.command("disable")
def disable(name: Name, as_json: Json = False) -> None:
    """Let nobody use an account any more; what it did stays.

    Example: vitrine user disable ana
    """
    from core.accounts.service import AccountService

    with opened() as db:
        accounts = AccountService(db)
        account = accounts.disable_account(accounts.named(name).id)
        result(as_json, _values(account), f"{_described(account)}.")


@app.command("enable")
def enable(name: Name, as_json: Json = False) -> None:
    """Let a disabled account sign in again.

    Example: vitrine user enable ana
    """
    from core.accounts.service import AccountService

    with opened() as db:
        accounts = AccountService(db)
        account = accounts.enable_account(accounts.named(name).id)
        result(as_json, _values(account), f"{account.name} can sign in again.")


@app.command("connect")
def connect(
    name: Name,
    subject: Annotated[str, typer.Argument(help="The provider's id of the person; none to disconnect.")],
    as_json: Json = False,
) -> None:
    """Let a person of the OpenID provider sign in to an account. Example: vitrine user connect ana 3f0c2d"""
    from core.accounts.service import AccountService

    with opened() as db:
        accounts, issuer = AccountService(db), db.settings.oidc_issuer
        if issuer is None:
            raise InvalidInputError("There is no provider. Set VITRINE_OIDC_ISSUER.")
        account = accounts.connect(accounts.named(name).id, issuer, subject if subject != "none" else None)
        how = f"signs in at {db.settings.oidc_provider}" if account.oidc_subject else "signs in by password only"
        result(as_json, _values(account), f"{account.name} {how}, and is signed out everywhere.")


def _new_password(is_from_stdin: bool) -> str:
    if is_from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))


def _values(account: "Accounts") -> dict[str, Any]:
    names = ("id", "name", "display_name", "is_admin", "oidc_subject", "create_at", "last_sign_in_at", "disabled_at")
    return {name: getattr(account, name) for name in names}


def _described(account: "Accounts") -> str:
    facts = (("admin", account.is_admin), ("disabled", account.disabled_at), ("by the provider", account.oidc_subject))
    marks = [word for word, applies in facts if applies]
    full_name = f" ({account.display_name})" if account.display_name else ""
    return f"{account.name}{full_name}{', ' if marks else ''}{', '.join(marks)}"
