"""``vitrine invite``: a link by which one person makes an account."""

from typing import Annotated

import typer

from core.accounts.roles import parse_role
from core.cli.database import opened, project_id
from core.errors import InvalidInputError


def run(
    project: Annotated[str | None, typer.Option(help="Id or name of the project to join.")] = None,
    role: Annotated[str | None, typer.Option(help="viewer, annotator, editor or owner.")] = None,
    admin: Annotated[bool, typer.Option("--admin", help="Makes an admin of the server.")] = False,
    days: Annotated[int, typer.Option(help="How many days the link is valid.")] = 7,
    url: Annotated[
        str | None, typer.Option(help="Address of Vitrine. Default: the first of STREAMLIT_SERVER_ALLOWED_HOSTS.")
    ] = None,
) -> None:
    """Print a link that works once, to give to a person.

    Example: vitrine invite --project Shelf --role annotator
    """
    from core.accounts.invitations import InvitationService
    from core.accounts.own_address import own_address

    with opened() as db:
        if not db.settings.has_accounts:
            typer.echo("The link works once the server runs with VITRINE_SIGN_IN=accounts.", err=True)
        if (project is None) != (role is None):
            raise InvalidInputError("Name both --project and --role, or neither.")
        made = InvitationService(db).invite(
            project_id=project_id(db, project) if project is not None else None,
            role=parse_role(role) if role is not None else None,
            makes_admin=admin,
            days=days,
        )
        whose = f"{role} of {project}" if project else "an admin" if admin else "a person without a project"
        typer.echo(f"Link for {whose}; it works once, within {days} days:", err=True)
        typer.echo(f"{(url or own_address()).rstrip('/')}/access/invitation/{made.secret}")
