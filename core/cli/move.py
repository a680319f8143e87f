"""``vitrine move``: the whole database from SQLite to PostgreSQL, or back."""

from typing import Annotated

import typer

from core.cli.output import progress_bar


def run(
    to: Annotated[str, typer.Option(help="The URL of an empty database, or the path of a new SQLite file.")],
) -> None:
    """Copy the database to another one and compare both; the server must be stopped.

    Example: vitrine move --to postgresql+psycopg://vitrine@database/vitrine

    Images stay in the data directory, and the old database stays as it is.
    """
    from core.backup import move_database
    from core.cli.backup import one_message
    from core.db import connect

    with one_message(), connect() as source:
        with progress_bar("Move") as show:
            report = move_database(source, to, progress=show)
        typer.echo(f"{report.total:,} rows of {len(report.rows)} tables are copied, and their sums are equal.")
        typer.echo("Start Vitrine with VITRINE_DATABASE_URL set to the new database, and the same data directory.")
