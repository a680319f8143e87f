"""``vitrine token``: manage API tokens."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from core.errors import VitrineError

if TYPE_CHECKING:
    from core.access import TokenService

app = typer.Typer(help="Make, list and revoke API tokens.", no_args_is_help=True)


class TokenScope(StrEnum):
    """What a token may do."""

    read = "read"
    write = "write"


@app.command("make")
def make(
    name: Annotated[str, typer.Argument(help="Which program the token is for.")],
    scope: Annotated[TokenScope, typer.Option(help="What the token may do.")] = TokenScope.write,
) -> None:
    """Make a token and print it; it is not shown again. Example: vitrine token make my-script --scope read"""
    with _token_service() as tokens:
        typer.echo(tokens.make_token(name, scope.value).secret)


@app.command("list")
def list_() -> None:
    """List the tokens that are valid: id, scope, name. Example: vitrine token list"""
    with _token_service() as tokens:
        for row in tokens.list_tokens():
            typer.echo(f"{row.id}  {row.scope:5}  {row.name}")


@app.command("revoke")
def revoke(token_id: Annotated[str, typer.Argument(help="The id that 'vitrine token list' shows.")]) -> None:
    """Revoke a token; its next request is refused. Example: vitrine token revoke ID"""
    with _token_service() as tokens:
        typer.echo(f"Revoked {tokens.revoke_token(token_id).name}.")


@contextmanager
def _token_service() -> Iterator["TokenService"]:
    """Yield the service over the configured database; an error of Vitrine ends the command with its message."""
    from core.access import TokenService
    from core.db import connect

    try:
        with connect() as db:
            yield TokenService(db)
    except VitrineError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
