"""What a source of images is: it plans pieces of work, and loads the files of one piece."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeVar

from core.config import Settings
from core.errors import InvalidInputError
from core.images.intake import NewFile

T = TypeVar("T")

# Files of one piece: enough to keep the workers busy, few enough that little is repeated after a crash.
PIECE = 64


@dataclass(frozen=True)
class Note:
    """A question with its answer that comes with an image; becomes an entry."""

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
class Loaded:
    """The files of a piece, what was refused before it was read, and the notes of each file by its reference."""

    files: list[NewFile]
    refused: list[tuple[str, str]] = field(default_factory=list)
    """Name and reason."""
    notes: dict[str, list[Note]] = field(default_factory=dict)


@dataclass(frozen=True)
class Place:
    """Where imports may read and where they may put things aside."""

    settings: Settings

    @property
    def uploads(self) -> Path:
        """Where uploaded archives wait for their import."""
        return self.settings.data_dir / "imports"

    def resolve(self, text: str) -> Path:
        """Return the real path of *text*, which has to be below an allowed root.

        Raises:
            InvalidInputError: it is elsewhere or does not exist.
        """
        if not text or "\0" in text or "\\" in text:
            raise InvalidInputError("Name a file or directory on the server.", field="path")
        path = Path(text)
        path = (path if path.is_absolute() else self.uploads / path).resolve()
        roots = [self.uploads.resolve(), *(root.resolve() for root in self.settings.import_roots)]
        if not any(path.is_relative_to(root) for root in roots):
            allowed = ", ".join(str(root) for root in self.settings.import_roots) or "none yet"
            raise InvalidInputError(
                f"Nothing may be imported from there. Allowed by VITRINE_IMPORT_ROOTS: {allowed}.", field="path"
            )
        if not path.exists():
            raise InvalidInputError(f"There is no {path.name} on the server.", field="path")
        return path


class Source(Protocol):
    """A shape that images come in; a new one is one more of these, named in the list of all."""

    name: str
    label: str

    def plan(self, config: dict[str, Any], place: Place) -> Iterable[dict[str, Any]]:
        """Return the pieces of work, each as JSON.

        Raises:
            InvalidInputError: *config* names nothing that can be imported.
        """
        ...

    def load(self, piece: dict[str, Any], config: dict[str, Any], place: Place, workdir: Path) -> Loaded:
        """Return the files of one piece; what has to be unpacked goes to *workdir*. May block."""
        ...


def in_pieces(things: Sequence[T], size: int = PIECE) -> Iterator[list[T]]:
    for start in range(0, len(things), size):
        yield list(things[start : start + size])


def notes_to_json(notes: dict[str, list[Note]], names: Iterable[str]) -> dict[str, list[dict[str, Any]]]:
    return {name: [asdict(note) for note in notes[name]] for name in names if name in notes}


def notes_from_json(stored: dict[str, list[dict[str, Any]]]) -> dict[str, list[Note]]:
    return {name: [Note(**note) for note in notes] for name, notes in stored.items()}
