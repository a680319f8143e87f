"""What a source of images is: it declares its form, plans chunks of work, and loads the files of one chunk."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal, TypeVar

from core.images.import_context import ImportContext
from core.images.stored_file import NewFile

T = TypeVar("T")

# Files of a chunk: enough to keep the workers busy, few enough that little is repeated after a crash.
FILES_PER_CHUNK = 64


@dataclass(frozen=True)
class ImportedAnnotation:
    """A question with its answer that comes with an image; it becomes an entry."""

    question: str
    answer: str
    answer_type: str = "text"
    language: str = "en"
    model: str = ""
    confirmed: bool = False
    score: float = 0.0
    tags: str = ""
    note: str = ""


@dataclass(frozen=True)
class LoadedChunk:
    """The files of a chunk, those that were rejected before they were read, and the annotations."""

    files: list[NewFile]
    rejected: list[tuple[str, str]] = field(default_factory=list)
    """Name and reason."""
    annotations: dict[str, list[ImportedAnnotation]] = field(default_factory=dict)
    """By the ``source_ref`` of the file."""


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
    """Where images come from; a new source is a subclass in a file of its own, and its line in ``SOURCES``."""

    name: ClassVar[str]
    """The ``source`` in the config of an import, and of its images."""
    label: ClassVar[str]
    help: ClassVar[str] = ""
    """Shown below the input."""
    input: ClassVar[Literal["upload", "path", "lines", "text"]]
    """What is entered: an uploaded file, a path on the server, a text of several lines, or one line."""
    input_key: ClassVar[str] = "path"
    """The key of the input in the config."""
    input_label: ClassVar[str] = ""
    placeholder: ClassVar[str] = ""
    suffixes: ClassVar[tuple[str, ...]] = ()
    """Endings of the files that it reads, uploaded or on the server."""
    options: ClassVar[tuple[SourceOption, ...]] = ()

    def config_of(self, entered: Any) -> dict[str, Any]:
        """Return the config of an import from what was entered: a text, or a list of lines."""
        return {"source": self.name, self.input_key: entered}

    @abstractmethod
    def plan(self, config: dict[str, Any], context: ImportContext) -> Iterable[dict[str, Any]]:
        """Return the chunks of work, each as JSON.

        Raises:
            InvalidInputError: *config* names nothing that can be imported.
        """

    @abstractmethod
    def load(self, chunk: dict[str, Any], config: dict[str, Any], context: ImportContext, workdir: Path) -> LoadedChunk:
        """Return the files of one chunk; what has to be unpacked is written to *workdir*. May block."""


def in_chunks(items: Sequence[T], size: int = FILES_PER_CHUNK) -> Iterator[list[T]]:
    """Yield *items* in lists of at most *size*."""
    for start in range(0, len(items), size):
        yield list(items[start : start + size])


def annotations_to_json(
    annotations: dict[str, list[ImportedAnnotation]], names: Iterable[str]
) -> dict[str, list[dict[str, Any]]]:
    """Return the annotations of the files *names*, for the payload of a task item."""
    return {name: [asdict(annotation) for annotation in annotations[name]] for name in names if name in annotations}


def annotations_from_json(chunk: dict[str, Any]) -> dict[str, list[ImportedAnnotation]]:
    """Return the annotations of a chunk; items planned by an older version call them ``notes``."""
    stored = chunk.get("annotations") or chunk.get("notes") or {}
    return {name: [ImportedAnnotation(**fields) for fields in annotations] for name, annotations in stored.items()}
