"""``vitrine rotate-keys``: replace the signing key, which signs everybody out."""

import typer


def run() -> None:
    """Replace the signing key: sessions and signed addresses end, tokens stay.

    Example: vitrine rotate-keys
    """
    from core.access import SignInService
    from core.db import connect
    from core.errors import VitrineError
    from core.secret_key import rotate_key

    try:
        with connect() as db:
            rotate_key(db.data_dir)
            SignInService(db).end_all()
    except VitrineError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    typer.echo("The key is replaced. Everybody signs in again; addresses of images that were given away have ended.")
