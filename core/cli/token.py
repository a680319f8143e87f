"""``vitrine token``: manage API tokens."""

from enum import StrEnum
from typing import Annotated

import typer

from core.cli.database import opened, project_id

app = typer.Typer(help="Make, list and revoke API tokens.", no_args_is_help=True)


class TokenScope(StrEnum):
    """What a token may do."""

    read = "read"
    write = "write"


@app.command("make")
def make(
    name: Annotated[str, typer.Argument(help="Which program the token is for.")],
    scope: Annotated[TokenScope, typer.Option(help="What the token may do.")] = TokenScope.write,
    project: Annotated[str | None, typer.Option(help="Id or name of the only project it opens.")] = None,
    role: Annotated[str | None, typer.Option(help="The highest role that it acts in.")] = None,
    account: Annotated[str | None, typer.Option(help="The account whose rights it has; none: the server's.")] = None,
) -> None:
    """Make a token and print it; it is not shown again.

    Example: vitrine token make my-script --scope read
    """
    from core.access import TokenService
    from core.accounts.service import AccountService

    with opened() as db:
        made = TokenService(db).make_token(
            name,
            scope.value,
            account_id=AccountService(db).named(account).id if account is not None else None,
            project_id=project_id(db, project) if project is not None else None,
            role=role,
        )
        typer.echo(made.secret)


@app.command("list")
def list_() -> None:
    """List the tokens that are valid: id, scope, name, limits.

    Example: vitrine token list
    """
    from core.access import TokenService

    with opened() as db:
        for row in TokenService(db).list_tokens():
            limits = [f"{row.role} at most"] if row.role else []
            limits += [f"project {row.project_id} only"] if row.project_id else []
            shown = f" ({', '.join(limits)})" if limits else ""
            typer.echo(f"{row.id}  {row.scope:5}  {row.name}{shown}")


@app.command("revoke")
def revoke(token_id: Annotated[str, typer.Argument(help="The id that 'vitrine token list' shows.")]) -> None:
    """Revoke a token; its next request is refused.

    Example: vitrine token revoke ID
    """
    from core.access import TokenService

    with opened() as db:
        typer.echo(f"Revoked {TokenService(db).revoke_token(token_id).name}.")
