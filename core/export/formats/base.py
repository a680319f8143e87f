"""What a format says about itself; the page, the API and the tests read nothing else."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from core.export.entries import IMAGE_TOKEN, Entry, ImageGroup, Row, RowOptions, spoken_answer, without_media_tokens

if TYPE_CHECKING:
    from core.export.checks.base import Checker
    from core.export.writing.base import Writer

Purpose = Literal["train", "evaluate", "share", "archive"]
PURPOSES: dict[Purpose, str] = {
    "train": "Train", "evaluate": "Evaluate", "share": "Share", "archive": "Archive",
}  # fmt: skip


@dataclass(frozen=True)
class Format:
    """One format. *rows* is pure: the entries of one image in, rows out; *writer* and *checker* load what they need.

    *load* is the command or code that reads the bundle, with ``{dir}`` for its directory and ``{stem}`` for the
    name of the first rows file without its ending.
    """

    name: str
    label: str
    help: str
    purpose: Purpose
    load: str
    rows: Callable[[ImageGroup, RowOptions], Iterable[Row]]
    writer: "Callable[[], type[Writer]]"
    checker: "Callable[[], type[Checker]]"
    row_files: tuple[Literal["json", "jsonl"], ...] = ()
    """What the rows may be written as, the usual one first; empty when the format leaves no choice."""
    image_modes: tuple[Literal["path", "base64", "none"], ...] = ("path", "none", "base64")
    converses: bool = False
    """Whether several entries of one image can be one conversation."""
    single_file: bool = True
    """Whether one split without images is one file."""
    stem: str = ""
    """How the rows file is called."""
    keeps_rejected: bool = False
    """Whether rejected entries are part of the data (as the worse of two answers)."""
    texts_only: bool = False
    """Whether rows say nothing of an entry but texts, type, kind, language, model and score."""
    lossless: bool = False
    """Whether rows carry what no trainer reads: history, model calls, options."""
    features: Callable[[RowOptions], dict[str, Any]] | None = None
    """Of formats that are tables: columns by name, each "image", a scalar type, or a list with the type inside."""

    beside: Callable[[dict[str, str]], dict[str, bytes]] | None = None
    """Files that stand beside the rows, made from the rows file of each split."""
    notes: tuple[str, ...] = ()
    """What whoever trains with it should know."""
    without_rows: str = "nothing to say in this format"
    """Why an image with entries may come to no row."""

    @property
    def embeds(self) -> bool:
        """Whether rows hold the bytes of their images."""
        return self.writer().embeds

    @property
    def as_jpeg(self) -> bool:
        """Whether all images have to be JPEG."""
        return self.writer().as_jpeg

    @property
    def file_stem(self) -> str:
        return self.stem or self.name.replace("-", "_")


def turns(group: ImageGroup, grouping: str) -> Iterable[tuple[str, tuple[Entry, ...]]]:
    """Yield the conversations of an image with their ids: one for the whole image, or one per entry."""
    if grouping == "conversation":
        yield group.image.id, group.entries
    else:
        for entry in group.entries:
            yield entry.id, (entry,)


def question_text(entry: Entry, *, first: bool, separator: str = "\n") -> str:
    """Return the question with the image's place before it when it is the first turn."""
    question = without_media_tokens(entry.question)
    return f"{IMAGE_TOKEN}{separator}{question}" if first else question


def answer_text(entry: Entry) -> str:
    return without_media_tokens(spoken_answer(entry))
