"""What a room has to say about a kind of long work, so that tasks can run it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol, runtime_checkable

from sqlmodel import Session


@dataclass(frozen=True)
class ItemPlan:
    """One unit of a task before it exists as a row."""

    subject_id: str = ""
    payload: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ItemContext:
    """What an item is given to work with; plain values, no open session."""

    task_id: str
    item_id: int
    project_id: str
    position: int
    subject_id: str
    payload: dict[str, Any]
    config: dict[str, Any]
    attempt: int
    report: Callable[[float, str], None]
    """Say how far a long item is (0 to 1) and what it does; cheap, may be called often."""
    is_cancelled: Callable[[], bool]
    """Long items look here between steps and return early."""
    prepared: Any = None
    """What :meth:`PreparesItems.prepare` gave for this item; None when there was nothing or it could not be had."""


@dataclass(frozen=True)
class ItemResult:
    """A finished item. *write* stores what it made.

    It is called in the transaction that also marks the item as done, so both happen or neither does; what it
    returns is kept as the item's ``result``.
    """

    write: Callable[[Session], dict[str, Any]] = field(default=lambda session: {})


class TaskKind(Protocol):
    """A kind of long work; one instance serves many tasks and keeps no state of any of them."""

    task_type: ClassVar[str]
    label: ClassVar[str]
    """Words for a person: "Generate questions"."""

    def plan(self, project_id: str, config: dict[str, Any]) -> Iterable[ItemPlan]:
        """Return the items of a task with *config*.

        Raises:
            InvalidInputError: *config* names things that do not exist or makes no sense.
        """
        ...

    async def run_item(self, item: ItemContext) -> ItemResult:
        """Do one item; may be called again for the same item after a crash.

        Raises:
            VitrineError: the item failed for a reason that a person can read; an ``LLMError`` with
                ``stops_task`` pauses the whole task. Anything else is a bug: it is logged with an id and
                fails the item.
        """
        ...


@runtime_checkable
class PreparesItems(Protocol):
    """A kind of work that reads what its items need for several of them at once, while others are in flight."""

    def prepare(self, items: Sequence[ItemContext]) -> Sequence[Any]:
        """Return for each item what it will find as ``prepared``; runs in a thread of its own.

        Raises:
            VitrineError: nothing can be had this way; each item then meets the reason by itself.
        """
        ...
