"""``vitrine hash-password``: the hash of an access password, so that the password itself stands in no file."""

import typer


def run() -> None:
    """Ask for a password and print its hash for VITRINE_ACCESS_PASSWORD. Example: vitrine hash-password"""
    import secrets

    from core.password import password_hash

    given = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    typer.echo(password_hash(given, secrets.token_bytes(32)))
