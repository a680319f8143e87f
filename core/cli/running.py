"""Running a task in the process of a command: who may, its progress, Ctrl+C, and what its end means."""

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from core.caller import current
from core.cli.database import opened
from core.cli.output import ExitCode, progress_bar, say
from core.errors import ConflictError, InvalidInputError
from core.pluralize import pluralize
from core.progress import Progress

if TYPE_CHECKING:
    from core.config import Settings
    from core.services import Services
    from core.tasks import TaskKind, TaskSummary

_PROGRESS_INTERVAL_S = 0.25
_ELSEWHERE = (
    "Another Vitrine process, such as the server, runs the tasks of {data_dir}. "
    "Do this on its pages or over its REST API, or stop it and try again."
)


class CommandTasks:
    """Creates tasks and runs them in this process, which no other one does meanwhile."""

    def __init__(self, services: "Services") -> None:
        from core.services import lanes_of_task
        from core.tasks import TaskService, make_engine

        self.services = services
        self.kinds = _unlimited(services)
        self._tasks = TaskService(services.db, lambda: self.kinds)
        self._engine = make_engine(services.db, self.kinds, services.loop, lanes_of_task)

    def take_lock(self) -> None:
        """Make this process the one that runs tasks.

        Raises:
            ConflictError: another one is.
        """
        if not self._engine.take_lock():
            raise ConflictError(_ELSEWHERE.format(data_dir=self.services.db.data_dir))

    def close(self) -> None:
        """Let another process run tasks."""
        self._engine.stop()

    def start(self, project_id: str, task_type: str, config: dict[str, Any], **options: Any) -> str:
        """Create a task, and return its id; *options* are those of ``TaskService.create_task``."""
        return self._tasks.create_task(project_id, task_type, config, started_by=current().name, **options).id

    def run(self, task_id: str) -> "TaskSummary":
        """Run a task until it ends or pauses, and return how it stands.

        Raises:
            Exit: Ctrl+C paused it.
        """
        label = self.kinds[self._tasks.get_task(task_id).task_type].label
        self._engine.submit(task_id)
        with progress_bar(label) as show:
            try:
                while not self._engine.wait(task_id, _PROGRESS_INTERVAL_S):
                    self._show(task_id, show)
            except KeyboardInterrupt:
                self._pause(task_id)
                raise typer.Exit(ExitCode.INTERRUPTED) from None
        return self._tasks.summary(task_id)

    def _show(self, task_id: str, show: Progress) -> None:
        task = self._tasks.get_task(task_id)
        share, step = self._engine.progress(task_id) or (0.0, "")
        if task.config.get("batch"):
            step = str(self._tasks.summary(task_id).batches or "")
        done = f"{task.processed_count:,} of {task.total_count:,}"
        show((task.processed_count + share) / max(task.total_count, 1), step or done)

    def _pause(self, task_id: str) -> None:
        """Pause the task: what is in flight is finished, unless Ctrl+C is pressed again."""
        try:
            self._tasks.pause(task_id, "Paused by Ctrl+C.")
        except InvalidInputError:  # it has just ended
            say("The task has ended.")
            return
        say("Pausing: what is in flight is finished. Ctrl+C again ends at once.")
        try:
            while not self._engine.wait(task_id, _PROGRESS_INTERVAL_S):
                pass
        except KeyboardInterrupt:
            say("Ended at once. A model call that was in flight may be paid for again.")
        say(f"Paused. {continue_by(self.services, task_id)}")


@contextmanager
def command_tasks() -> Iterator[CommandTasks]:
    """Open the configured database and yield what runs its tasks here; errors end the command with a message."""
    with opened() as db:
        from core.services import Services

        services = Services(db)
        tasks = CommandTasks(services)
        try:
            tasks.take_lock()
            yield tasks
        finally:
            tasks.close()
            services.close()


def ended_as(summary: "TaskSummary") -> ExitCode:
    """Return the exit code for how a task stands."""
    return ExitCode.OK if summary.task.status == "completed" else ExitCode.INCOMPLETE


def described(summary: "TaskSummary") -> dict[str, Any]:
    """Return what programs are told of a task."""
    return {
        "task_id": summary.task.id, "status": summary.task.status, "done": summary.done, "failed": summary.failed,
        "open": summary.queued + summary.running + summary.waiting, "spent_usd": summary.spent,
    }  # fmt: skip


def say_what_is_missing(services: "Services", summary: "TaskSummary") -> None:
    """Say what failed, and how a paused task continues."""
    for group in summary.failures:
        say(f"{pluralize(group.count, 'item')} failed: {group.example}")
    if summary.task.status == "paused":
        say(f"{summary.task.note} {continue_by(services, summary.task.id)}")
    elif summary.failed:
        say(f"To try them again, run: {_command(services.db.settings)} task retry {summary.task.id}")


def continue_by(services: "Services", task_id: str) -> str:
    """Return the sentence that says how a task continues."""
    return f"To continue, run: {_command(services.db.settings)} task resume {task_id}"


def _command(settings: "Settings") -> str:
    is_default = settings.data_dir == Path("data")
    return "vitrine" if is_default else f"vitrine --data {shlex.quote(str(settings.data_dir))}"


def _unlimited(services: "Services") -> "dict[str, TaskKind]":
    """Return the kinds of task; imports read what whoever runs the command may read, not only VITRINE_IMPORT_ROOTS."""
    from core.images.import_context import ImportContext
    from core.importing.tasks import ImportKind

    kind: TaskKind = ImportKind(services.intake, ImportContext(services.db.settings, is_unlimited=True))
    return {**services.kinds, kind.task_type: kind}
