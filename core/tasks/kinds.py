"""The interface of a kind of task: how it is split into items, and how one item is run."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, Protocol, runtime_checkable

from sqlmodel import Session

from core.arguments import require_text
from core.db import Tasks
from core.errors import InvalidInputError


@dataclass(frozen=True)
class ItemPlan:
    """One unit of a task before it exists as a row."""

    subject_id: str = ""
    """Id of the image, question or other row that the item is about."""
    payload: dict[str, Any] = field(default_factory=dict)
    stage: int = 0
    """An item starts when every item of the lower stages has ended, failed ones too."""


@dataclass(frozen=True)
class ItemContext:
    """The input of one item: plain values, no open session."""

    task_id: str
    item_id: int
    project_id: str
    position: int
    subject_id: str
    payload: dict[str, Any]
    config: dict[str, Any]
    attempt: int
    """1 for the first run; higher after a crash of the process or a retry."""
    progress: Callable[[float, str], None]
    """Publishes the done share (0 to 1) and the current step of a long item; cheap, may be called often."""
    is_cancelled: Callable[[], bool]
    """Whether the task was paused or cancelled; long items call it between steps and raise ``ItemInterrupted``."""
    prepared: Any = None
    """The result of :meth:`PrefetchingTaskKind.prepare` for this item; None when there is none."""


@dataclass(frozen=True)
class ItemResult:
    """The result of an item; *write* stores it.

    *write* runs in the transaction that also marks the item as done and adds *more*. Its return value becomes the
    ``result`` of the item.
    """

    write: Callable[[Session], dict[str, Any]] = field(default=lambda session: {})
    more: Sequence[ItemPlan] = ()
    """Further items of the task."""


TASK_TYPES = (
    "image-import", "image-question-generation", "image-answer-generation", "image-analysis", "image-variants",
    "image-map", "overlap-search", "dataset-check", "asked-check", "twin-drafting", "style-analysis",
    "style-generation", "dataset-export", "dataset-send", "dataset-return", "project-export", "project-import",
)  # fmt: skip
"""The types of all kinds of task, for a service that has not imported them."""


class TaskKind(Protocol):
    """A kind of task; one instance serves many tasks and has no state of its own."""

    task_type: ClassVar[str]
    label: ClassVar[str]
    """The name shown to users, for example "Generate questions"."""

    def plan(self, project_id: str, config: dict[str, Any]) -> Iterable[ItemPlan]:
        """Return the items of a task with *config*.

        Raises:
            InvalidInputError: *config* has an invalid value or names rows that do not exist.
        """
        ...

    async def run_item(self, item: ItemContext) -> ItemResult:
        """Run one item; after a crash it may be called again for the same item.

        Raises:
            ItemInterrupted: the task was paused or cancelled meanwhile; the item is requeued.
            VitrineError: the item failed, and the message tells the user why; an ``LLMError`` with ``stops_task``
                pauses the whole task. Any other exception is a bug: it is logged with an id and fails the item.
        """
        ...


def kind_of(task_type: str, kinds: Mapping[str, TaskKind]) -> TaskKind | None:
    """Return the kind of a task; None where *kinds* is empty: then only the name is checked.

    Raises:
        InvalidInputError: there is no such kind.
    """
    known = kinds or TASK_TYPES
    if require_text(task_type, "task_type") not in known:
        names = ", ".join(sorted(known))
        raise InvalidInputError(f"There is no kind of task called {task_type}. Use {names}.", field="task_type")
    return kinds.get(task_type)


@runtime_checkable
class PrefetchingTaskKind(Protocol):
    """A kind of task that prefetches: it reads the input of several items together, before they run."""

    def prepare(self, items: Sequence[ItemContext]) -> Sequence[Any]:
        """Return the ``prepared`` value of each item, in order; runs in a worker thread.

        Raises:
            VitrineError: the items cannot be prepared together; each then runs without prefetched input.
        """
        ...


@runtime_checkable
class ServerTaskKind(Protocol):
    """A kind of task whose items may need what only the server has."""

    def why_on_server(self, config: Mapping[str, Any]) -> str:
        """Return why no worker runs a task with *config*, such as "it reads files of the server"; "" if workers do."""
        ...


Staging = Literal["none", "needed", "done"]
STAGED = "staged"
"""In the config of a task: what :meth:`TaskSource.stage` has returned."""


class TaskSource(Protocol):
    """The files of the server that tasks of a kind read."""

    @property
    def why_on_server(self) -> str:
        """Why no worker runs such a task, such as "there is no bucket"; "" if workers do."""
        ...

    def staging(self, config: Mapping[str, Any]) -> Staging:
        """Return whether the files of a task with *config* have to be staged, or were."""
        ...

    def stage(self, task: Tasks, progress: Callable[[float, str], None], raise_if_cancelled: Callable[[], None]) -> Any:
        """Stage the files of a task, in a worker thread of the server; what it returns is stored as ``STAGED``.

        Raises:
            ItemInterrupted: the task was paused or cancelled; it is staged again when it is resumed.
            VitrineError: it cannot be done until the user has done something; the task is paused.
        """
        ...


@runtime_checkable
class StagedTaskKind(Protocol):
    """A kind of task that reads files of the server, which are put where workers can read them before these run it."""

    @property
    def source(self) -> TaskSource:
        """What its tasks read."""
        ...


def why_on_server(kind: TaskKind, config: Mapping[str, Any]) -> str:
    """Return why no worker runs a task of *kind*, also when its files are staged; "" if workers do."""
    if isinstance(kind, StagedTaskKind):
        return kind.source.why_on_server
    return kind.why_on_server(config) if isinstance(kind, ServerTaskKind) else ""


@runtime_checkable
class WaitingTaskKind(Protocol):
    """A kind of task whose items may wait for hours: they raise ``ItemWaits`` and run again when they can go on.

    While an item waits its state is "waiting"; "answered" when it can go on.
    """

    def waits(self, config: Mapping[str, Any]) -> bool:
        """Return whether a task with *config* has such items."""
        ...

    async def wait(self, task: Tasks, is_stopping: Callable[[], bool]) -> bool:
        """Wait until some items of *task* can go on; False when none waits, or the task has to stop.

        Raises:
            VitrineError: there is nothing to wait for until the user has done something; the task is paused.
        """
        ...

    def end_waiting(self, task_id: str) -> None:
        """Forget what this process keeps of a task whose run has ended."""
        ...
