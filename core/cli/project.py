"""``vitrine project``: list projects, and move one with everything in it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.errors import NotFoundError, VitrineError

if TYPE_CHECKING:
    from core.projects import ProjectService

app = typer.Typer(help="List projects; export one to an archive, import one from there.", no_args_is_help=True)


@app.command("list")
def list_() -> None:
    """List the projects: id, name. Example: vitrine project list"""
    with _projects() as projects:
        for project in projects.list_projects():
            typer.echo(f"{project.id}  {project.name}")


@app.command("export")
def export(
    project: Annotated[str, typer.Argument(help="Id or name of the project.")],
    path: Annotated[Path, typer.Argument(help="The archive to write, or a directory for it.")],
) -> None:
    """Write a project with everything in it to an archive. Example: vitrine project export Shelf shelf.zip"""
    with _projects() as projects:
        found = next((one for one in projects.list_projects() if project in (one.id, one.name)), None)
        if found is None:
            raise NotFoundError(f"There is no project {project}. Run: vitrine project list")
        typer.echo(projects.export_project(found.id, path, progress=_show))


@app.command("import")
def import_(path: Annotated[Path, typer.Argument(help="The archive to import.")]) -> None:
    """Import a project from its archive; what was interrupted continues. Example: vitrine project import shelf.zip"""
    with _projects() as projects:
        project = projects.import_project(path, progress=_show)
        typer.echo(f"{project.id}  {project.name}")


def _show(share: float, step: str) -> None:
    """Write the progress to the terminal, over the line before."""
    import sys

    if sys.stderr.isatty():
        sys.stderr.write(f"\r\033[K{share:4.0%}  {step}" + ("\n" if share >= 1 else ""))


@contextmanager
def _projects() -> Iterator["ProjectService"]:
    """Yield the service over the configured database; an error of Vitrine ends the command with its message."""
    from core.db import connect
    from core.projects import ProjectService

    try:
        with connect() as db:
            yield ProjectService(db)
    except VitrineError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
