"""What the verbs share: the configured database, and a project by its id or name."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from core.errors import NotFoundError, VitrineError

if TYPE_CHECKING:
    from core.db import Database


@contextmanager
def opened() -> Iterator["Database"]:
    """Yield the configured database; an error of Vitrine ends the command with its message and exit code 1."""
    from core.db import connect

    try:
        with connect() as db:
            yield db
    except VitrineError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error


def project_id(db: "Database", id_or_name: str) -> str:
    """Return the id of a project.

    Raises:
        NotFoundError: there is none with this id or name.
    """
    from core.projects import ProjectService

    projects = ProjectService(db).list_projects()
    found = next((one.id for one in projects if id_or_name in (one.id, one.name)), None)
    if found is None:
        raise NotFoundError(f"There is no project {id_or_name}. Run: vitrine project list")
    return found
