"""``vitrine import``: images and annotations from a path into a project."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.cli.database import project_id
from core.cli.options import Project
from core.cli.output import ExitCode, Json, result, say
from core.cli.running import command_tasks, described, ended_as, say_what_is_missing
from core.errors import NotFoundError

if TYPE_CHECKING:
    from core.importing.importer import ImportReport
    from core.services import Services

_SHOWN_PROBLEMS = 20


def run(
    path: Annotated[
        str, typer.Argument(help="A folder, ZIP, PDF, table, annotation file or image, or s3://bucket/prefix.")
    ],
    project: Project,
    format: Annotated[str, typer.Option(help="The reader of the annotations.")] = "auto",
    strict: Annotated[bool, typer.Option("--strict", help="Exit code 3 when a file or row did not come in.")] = False,
    in_place: Annotated[
        bool, typer.Option("--in-place", help="Leave the images of a bucket there; read them when needed.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Import images and annotations; the same again doubles nothing. Creates the project if there is none.

    Example: vitrine import photos/ --project Shelf
    """
    with command_tasks() as tasks:
        from core.importing.importer import import_report, path_config

        config = path_config(path, format, in_place=in_place)
        task_id = tasks.start(_project(tasks.services, project), "image-import", config)
        summary = tasks.run(task_id)
        report = import_report(tasks.services.db, summary.task)
        result(as_json, described(summary) | _values(report), str(report))
        for problem in report.problems[:_SHOWN_PROBLEMS]:
            say(f"{problem.where}: {problem.reason}")
        if len(report.problems) > _SHOWN_PROBLEMS:
            say(f"... and {len(report.problems) - _SHOWN_PROBLEMS:,} more; --json lists all.")
        say_what_is_missing(tasks.services, summary)
        raise typer.Exit(_exit_code(report, ended_as(summary), strict))


def _project(services: "Services", name: str) -> str:
    try:
        return project_id(services.db, name)
    except NotFoundError:
        created = services.projects.create_project(name)
        say(f"Created the project {created.name}.")
        return created.id


def _values(report: "ImportReport") -> dict[str, Any]:
    lists = {
        name: [vars(one) for one in getattr(report, name)] for name in ("problems", "notes")
    }  # fmt: skip
    return {key: value for key, value in vars(report).items() if key != "task_id"} | lists


def _exit_code(report: "ImportReport", ended: ExitCode, strict: bool) -> ExitCode:
    came_in = report.images_added + report.images_known + report.entries_added + report.questions_known
    if report.problems and not came_in:
        return ExitCode.FAILED
    return ExitCode.INCOMPLETE if strict and report.problems else ended
