"""``vitrine hash-password``: the hash of an access password, so that the password itself stands in no file."""

import typer


def run() -> None:
    """Ask for a password and print its hash for VITRINE_ACCESS_PASSWORD.

    Example: vitrine hash-password
    """
    import secrets

    from core.password import check_password, password_hash

    given = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    try:
        check_password(given)
    except ValueError as error:
        typer.echo(f"Choose another password: {error}.", err=True)
        raise typer.Exit(1) from error
    typer.echo(password_hash(given, secrets.token_bytes(32)))
