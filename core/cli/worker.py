"""``vitrine worker``: runs tasks without serving pages."""

import typer

from core.cli.output import ExitCode, Json, result
from core.cli.running import command_tasks, described, ended_as, say_what_is_missing
from core.pluralize import pluralize


def run(as_json: Json = False) -> None:
    """Run the open tasks of the data directory to their end, without serving pages. One process can do that at a time.

    Example: vitrine worker
    """
    with command_tasks() as tasks:
        found = tasks.services.tasks.list_tasks(active_only=True, limit=1_000)
        ended = [tasks.run(task.id) for task in reversed(found) if task.status != "paused"]
        paused = sum(task.status == "paused" for task in found)
        text = f"{pluralize(len(ended), 'task')} ended. {pluralize(paused, 'paused task')} left alone."
        result(as_json, [described(summary) for summary in ended], text)
        for summary in ended:
            say_what_is_missing(tasks.services, summary)
        raise typer.Exit(max(map(ended_as, ended), default=ExitCode.OK))
