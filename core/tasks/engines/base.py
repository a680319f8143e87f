"""What an engine does for those who start tasks and show them."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class EngineHealth:
    """Whether this process runs tasks, and how many of them now."""

    runs_here: bool
    """False when another process runs the tasks of the same database."""
    running: int
    workers: int | None = None
    """How many workers were heard of lately; None when tasks run in the server itself."""


class TaskEngine(Protocol):
    """Runs tasks. What has become of an item, and whether its task goes on, is in the database alone.

    So a pause, a cancel, a cost cap and the counts of a task need no call: whoever runs items reads the task before it
    claims some, and at least every half second.
    """

    def start(self) -> None:
        """Continue the active tasks that an earlier process left."""
        ...

    def submit(self, task_id: str) -> None:
        """Run the queued items of the task, here or in the process that runs the tasks of this database.

        A task that is running already is not started twice.

        Raises:
            NotFoundError: there is no such task, as far as this process has to look.
        """
        ...

    def wait(self, task_id: str, timeout_s: float) -> bool:
        """Wait until the run of the task has ended or paused, at most *timeout_s*; return whether that is so."""
        ...

    def works_on(self, task_id: str) -> bool:
        """Return whether items of the task are in flight; a paused or cancelled task may have some left."""
        ...

    def progress(self, task_id: str) -> tuple[float, str] | None:
        """Return the share (0 to 1) of the current long item that is done and its step; None when unknown."""
        ...

    def health(self) -> EngineHealth:
        """Return whether this process runs tasks, and how many of them now."""
        ...

    def take_lock(self) -> bool:
        """Become the process that runs tasks, without continuing any; return False when another one is."""
        ...

    def stop(self, timeout_s: float = 8.0) -> None:
        """Start no further item, wait at most *timeout_s* for those in flight."""
        ...
