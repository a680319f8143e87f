"""``vitrine project``: list and create projects, and move one with everything in it."""

from pathlib import Path
from typing import Annotated

import typer

from core.cli.database import opened, project_id
from core.cli.output import Json, progress_bar, result

app = typer.Typer(help="List and create projects; move one by an archive.", no_args_is_help=True)


@app.command("list")
def list_(as_json: Json = False) -> None:
    """List the projects: id, name.

    Example: vitrine project list
    """
    from core.projects import ProjectService

    with opened() as db:
        found = ProjectService(db).list_projects()
        values = [{"id": one.id, "name": one.name, "description": one.description} for one in found]
        result(as_json, values, "\n".join(f"{one.id}  {one.name}" for one in found))


@app.command("create")
def create(
    name: Annotated[str, typer.Argument(help="Name of the project.")],
    owner: Annotated[str | None, typer.Option(help="The account that becomes its owner.")] = None,
) -> None:
    """Create a project.

    Example: vitrine project create Shelf --owner ana
    """
    from core.accounts.service import AccountService
    from core.projects import ProjectService

    with opened() as db:
        owner_id = AccountService(db).named(owner).id if owner is not None else None
        project = ProjectService(db).create_project(name, owner_id=owner_id)
        typer.echo(f"{project.id}  {project.name}")


@app.command("export")
def export(
    project: Annotated[str, typer.Argument(help="Id or name of the project.")],
    path: Annotated[Path, typer.Argument(help="The archive to write, or a directory for it.")],
) -> None:
    """Write a project with everything in it to an archive.

    Example: vitrine project export Shelf shelf.zip
    """
    from core.projects import ProjectService

    with opened() as db, progress_bar("Export") as show:
        typer.echo(ProjectService(db).export_project(project_id(db, project), path, progress=show))


@app.command("import")
def import_(path: Annotated[Path, typer.Argument(help="The archive to import.")]) -> None:
    """Import a project from its archive; what was interrupted continues.

    Example: vitrine project import shelf.zip
    """
    from core.projects import ProjectService

    with opened() as db, progress_bar("Import") as show:
        project = ProjectService(db).import_project(path, progress=show)
        typer.echo(f"{project.id}  {project.name}")


@app.command("quota")
def quota(
    project: Annotated[str, typer.Argument(help="Id or name of the project.")],
    images: Annotated[int | None, typer.Option(help="How many images it may have.", min=0)] = None,
    megabytes: Annotated[int | None, typer.Option(help="How many megabytes they may have together.", min=0)] = None,
    none: Annotated[bool, typer.Option("--none", help="Remove the quota.")] = False,
) -> None:
    """Show or set how many images a project may have.

    Example: vitrine project quota Shelf --images 5000
    """
    from core.projects import ProjectService

    with opened() as db:
        projects, id_ = ProjectService(db), project_id(db, project)
        if none or images is not None or megabytes is not None:
            max_bytes = None if megabytes is None else megabytes * 1_000_000
            projects.set_quota(id_, max_images=images, max_image_bytes=max_bytes)
        found = projects.get_project(id_)
        number = "any number of" if found.max_images is None else f"at most {found.max_images:,}"
        size = "" if found.max_image_bytes is None else f" with at most {found.max_image_bytes / 1e6:,.0f} MB together"
        typer.echo(f"{found.name} may have {number} images{size}. It has {projects.counts(id_).images:,}.")
