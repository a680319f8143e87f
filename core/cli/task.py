"""``vitrine task``: the long work of a data directory."""

from typing import Annotated

import typer

from core.cli.database import opened
from core.cli.output import Json, result, say
from core.cli.running import command_tasks, described, ended_as, say_what_is_missing

app = typer.Typer(help="List, continue and cancel tasks.", no_args_is_help=True)
Id = Annotated[str, typer.Argument(help="The id that 'vitrine task list' shows.")]


@app.command("list")
def list_(
    all_: Annotated[bool, typer.Option("--all", help="Also tasks that have ended.")] = False, as_json: Json = False
) -> None:
    """List the tasks: id, status, progress, kind.

    Example: vitrine task list --all
    """
    with opened() as db:
        from core.tasks import TaskService

        found = TaskService(db).list_tasks(active_only=not all_)
        names = ("id", "status", "processed_count", "total_count", "failed_count", "task_type", "note")
        lines = [f"{t.id}  {t.status:10} {t.processed_count:,}/{t.total_count:,}  {t.task_type}" for t in found]
        result(as_json, [{name: getattr(task, name) for name in names} for task in found], "\n".join(lines))


@app.command("resume")
def resume(task_id: Id, as_json: Json = False) -> None:
    """Continue a task that was paused or interrupted, to its end.

    Example: vitrine task resume ID
    """
    with command_tasks() as tasks:
        service = tasks.services.tasks
        if service.get_task(task_id).status == "paused":
            service.resume(task_id)
        summary = tasks.run(task_id)
        result(as_json, described(summary), f"{summary.status_text}, {summary.done:,} done")
        say_what_is_missing(tasks.services, summary)
        raise typer.Exit(ended_as(summary))


@app.command("retry")
def retry(task_id: Id, as_json: Json = False) -> None:
    """Try the failed items of a task again.

    Example: vitrine task retry ID
    """
    with command_tasks() as tasks:
        tasks.services.tasks.retry_failed(task_id)
        summary = tasks.run(task_id)
        result(as_json, described(summary), f"{summary.status_text}, {summary.done:,} done")
        say_what_is_missing(tasks.services, summary)
        raise typer.Exit(ended_as(summary))


@app.command("cancel")
def cancel(task_id: Id) -> None:
    """End a task, also one that the server runs; what it made so far stays.

    Example: vitrine task cancel ID
    """
    with opened() as db:
        from core.tasks import TaskService

        say(f"Cancelled {TaskService(db).cancel(task_id).id}.")
