"""What a source of an import is: it declares its form and plans the items of the task."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from core.images.import_context import ImportContext
from core.tasks import ItemPlan


@dataclass(frozen=True)
class SourceOption:
    """One more value that a source asks for; its widget follows from *choices* and *minimum*."""

    key: str
    """In the config of the import."""
    label: str
    placeholder: str = ""
    minimum: int | None = None
    """Set for a whole number."""
    choices: Mapping[str, Any] = field(default_factory=dict)
    """Labels with their values, the first one chosen at the start; empty for a number or a text."""


class Source(ABC):
    """Where an import comes from; a new source is a subclass in a file of its own, and its line in ``SOURCES``."""

    name: ClassVar[str]
    """The ``source`` in the config of an import."""
    label: ClassVar[str]
    help: ClassVar[str] = ""
    """Shown below the input."""
    input: ClassVar[Literal["path", "lines", "text"]]
    """What is entered: a path, a text of several lines, or one line."""
    input_key: ClassVar[str] = "path"
    """The key of the input in the config."""
    input_label: ClassVar[str] = ""
    placeholder: ClassVar[str] = ""
    options: ClassVar[tuple[SourceOption, ...]] = ()

    def config_of(self, entered: Any) -> dict[str, Any]:
        """Return the config of an import from what was entered: a text, or a list of lines."""
        return {"source": self.name, self.input_key: entered}

    @abstractmethod
    def plan(self, config: dict[str, Any], context: ImportContext) -> Iterable[ItemPlan]:
        """Return the items of an import; ``do`` in a payload says which function of the room runs it.

        Raises:
            InvalidInputError: *config* names nothing that can be imported.
        """
