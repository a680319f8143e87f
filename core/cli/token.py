"""``vitrine token``: manage API tokens."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.cli.database import opened, project_id
from core.cli.output import Json, result

if TYPE_CHECKING:
    from core.db import ApiTokens

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
    as_json: Json = False,
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
        result(as_json, {**_described(made.row), "secret": made.secret}, made.secret)


@app.command("list")
def list_(as_json: Json = False) -> None:
    """List the tokens that are valid: id, scope, name, limits.

    Example: vitrine token list
    """
    from core.access import TokenService

    with opened() as db:
        rows = TokenService(db).list_tokens()
        result(as_json, [_described(row) for row in rows], "\n".join(map(_line, rows)))


@app.command("revoke")
def revoke(
    token_id: Annotated[str, typer.Argument(help="The id that 'vitrine token list' shows.")], as_json: Json = False
) -> None:
    """Revoke a token; its next request is refused.

    Example: vitrine token revoke ID
    """
    from core.access import TokenService

    with opened() as db:
        revoked = TokenService(db).revoke_token(token_id)
        result(as_json, _described(revoked), f"Revoked {revoked.name}.")


def _described(token: "ApiTokens") -> dict[str, Any]:
    names = ("id", "name", "scope", "project_id", "role", "account_id", "create_at")
    return {name: getattr(token, name) for name in names}


def _line(token: "ApiTokens") -> str:
    limits = [f"{token.role} at most"] if token.role else []
    limits += [f"project {token.project_id} only"] if token.project_id else []
    shown = f" ({', '.join(limits)})" if limits else ""
    return f"{token.id}  {token.scope:5}  {token.name}{shown}"
