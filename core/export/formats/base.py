"""What a format declares about itself; the page, the API and the tests read nothing else."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from core.export.checks.base import Checker
from core.export.entries import (
    IMAGE_TOKEN,
    Detail,
    Entry,
    ImageGroup,
    Row,
    RowOptions,
    answer_as_text,
    further_count,
    without_media_tokens,
)
from core.export.layout import BundleLayout
from core.export.recipe import ExportRecipe
from core.export.writing.base import Writer

Purpose = Literal["train", "evaluate", "share", "archive"]
ONLY_TEXTS = (
    "answer", "answer_type", "options", "language", "kind", "model", "confirmed", "score", "tags", "note",
    "conversation_id", "turn", "boxes", "ratings",
)  # fmt: skip
"""What formats of plain turns do not carry: labels become text, entries of an image turns of one conversation."""
ONLY_COLUMNS = ("options", "system", "conversation_id", "turn", "boxes", "ratings")
"""What formats with a column for each field do not carry."""
PURPOSES: dict[Purpose, str] = {
    "train": "Train", "evaluate": "Evaluate", "share": "Share", "archive": "Archive",
}  # fmt: skip


@dataclass(frozen=True)
class Format:
    """One export format.

    *rows* is a pure function from the entries of one image to the rows of the format.
    *load* is the command or code that loads a bundle, with ``{dir}`` for its directory, ``{stem}`` for the name of
    the first rows file without its ending, and ``{ending}`` for that ending.
    """

    name: str
    label: str
    help: str
    purpose: Purpose
    load: str
    rows: Callable[[ImageGroup, RowOptions], Iterable[Row]]
    writer: type[Writer]
    checker: type[Checker]
    row_endings: tuple[str, ...] = ()
    """Endings that the rows file may have, the usual one first; empty when the writer names its files itself."""
    image_modes: tuple[Literal["path", "base64", "none"], ...] = ("path", "none", "base64")
    has_conversations: bool = False
    """Whether several entries can be one conversation: those of one image, or the turns of an imported one."""
    reads_several_images: bool = False
    """Whether a row can have several images; otherwise entries about several are left out."""
    stem: str = ""
    """Name of the rows file without split and ending; empty: derived from *name*."""
    includes_rejected: bool = False
    """Whether rejected entries are exported, as the worse of two answers."""
    detail: Detail = "columns"
    """How much of an entry its rows show."""
    for_spreadsheets: bool = False
    """Whether cells could run as formulas, so that the recipe's formula guard applies."""
    features: Callable[[RowOptions], dict[str, Any]] | None = None
    """Of tables: types by column name, see :func:`core.export.writing.parquet.arrow_schema`."""
    companion_files: Callable[[dict[str, str]], dict[str, bytes]] | None = None
    """Returns further files by name, given the name of the rows file of each split."""
    hints: tuple[str, ...] = ()
    """What a user of the bundle should know; shown in the export report."""
    not_carried: tuple[str, ...] = ()
    """Columns of an entry that do not come back when a bundle is imported; everything else does, unchanged."""
    no_rows_reason: str = "nothing to export in this format"
    """Why an image with entries may have no row."""

    @property
    def is_lossless(self) -> bool:
        """Whether rows keep history, model calls and options, which no trainer reads."""
        return self.detail == "history"

    @property
    def is_single_file(self) -> bool:
        """Whether a bundle of one split without image files is one file."""
        return bool(self.row_endings) and self.companion_files is None

    def layout(self, recipe: ExportRecipe) -> BundleLayout:
        """Return what the writer and the checker know of an export by *recipe*."""
        return BundleLayout(
            stem=self.stem or self.name.replace("-", "_"),
            row_ending=recipe.rows or "",
            splits=recipe.splits.names,
            images=recipe.images or self.image_modes[0],
            image_form=recipe.image_form or "upright",
            max_side_px=recipe.max_side_px,
            formula_guard=recipe.formula_guard,
            columns=self.features(row_options(recipe)) if self.features else {},
            title=recipe.title,
            license=recipe.license,
        )


def row_options(recipe: ExportRecipe) -> RowOptions:
    """Return the parts of *recipe* that shape a row."""
    return RowOptions(grouping=recipe.grouping, metadata=recipe.metadata, source=recipe.title or "vitrine")


def turns(group: ImageGroup, grouping: str) -> Iterable[tuple[str, tuple[Entry, ...]]]:
    """Yield the conversations of a group with their ids, each in its order.

    Turns of an imported conversation are one. The other entries are one conversation, or one each.
    """
    conversations: dict[str, list[Entry]] = {}
    others: list[Entry] = []
    for entry in group.entries:
        kept = others if entry.conversation_id is None else conversations.setdefault(entry.conversation_id, [])
        kept.append(entry)
    if others and grouping == "conversation":
        # The id of the image is taken by its entries of one image.
        yield others[0].id if group.further else group.image.id, tuple(others)
    else:
        for entry in others:
            yield entry.id, (entry,)
    for found in conversations.values():
        found.sort(key=lambda entry: entry.turn)
        yield found[0].id, tuple(found)


def system_text(entries: Sequence[Entry]) -> str:
    """Return the system prompt of a conversation, without media tokens; empty for most."""
    return without_media_tokens(next((entry.system for entry in entries if entry.system), ""))


def new_images(entries: Sequence[Entry]) -> list[int]:
    """Return how many images each turn of a conversation brings: all of the first turn, and what later ones add."""
    counts, seen = [], 0
    for entry in entries:
        total = 1 + further_count(entry)
        counts.append(max(0, total - seen))
        seen = max(seen, total)
    return counts


def question_text(entry: Entry, *, images: int, separator: str = "\n") -> str:
    """Return the question behind as many image tokens as the turn brings *images*."""
    question = without_media_tokens(entry.question)
    return f"{IMAGE_TOKEN * images}{separator}{question}" if images else question


def answer_text(entry: Entry) -> str:
    """Return the answer as training text without media tokens."""
    return without_media_tokens(answer_as_text(entry))
