"""What a format declares about itself; the page, the API and the tests read nothing else."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from core.export.checks.base import Checker
from core.export.control_words import without_control_words
from core.export.entries import (
    IMAGE_TOKEN,
    Detail,
    Entry,
    ImageGroup,
    Row,
    RowOptions,
    answer_as_text,
    further_count,
)
from core.export.layout import BundleLayout
from core.export.recipe import SPLITS, ExportRecipe, Split, SplitShares
from core.export.selecting.problems import PROBLEMS
from core.export.writing.base import Writer

Purpose = Literal["train", "evaluate", "share", "archive"]
Language = Literal["python", "bash", "json", "toml"]
QWEN_MAX_ASPECT_RATIO = 200
"""Longer side by shorter side: above, ``smart_resize`` of Qwen2-VL to Qwen3-VL raises ValueError and the run ends."""
ONLY_TEXTS = (
    "answer", "answer_type", "options", "language", "kind", "model", "confirmed", "score", "tags", "note",
    "conversation_id", "turn", "boxes", "ratings",
)  # fmt: skip
"""What formats of plain turns do not carry: labels become text, entries of an image turns of one conversation."""
PROMPTS = tuple(name for name in ONLY_TEXTS if name not in ("answer", "conversation_id", "turn"))
"""What prompts with a ground truth do not carry: each turn has a row of its own, with the turns before it."""
ONE_QUESTION = (*(name for name in ONLY_TEXTS if name != "turn"), "system")
"""What rows of one question do not carry; later turns are left out."""
ONLY_COLUMNS = ("options", "system", "conversation_id", "turn", "boxes", "ratings")
"""What formats with a column for each field do not carry."""
LOAD_JSON = (
    "import json\n\nwith open('{rows}', encoding='utf-8') as file:\n"
    "    rows = json.load(file) if file.name.endswith('.json') else [json.loads(line) for line in file]"
)
KEPT_TEXTS = (
    "load_dataset guesses types: a column whose texts are all dates becomes times, one of a CSV file whose texts are "
    "all numbers becomes numbers. The printed code keeps texts."
)
INSTALL_DATASETS = "pip install datasets==5.2.0 pillow"
INSTALL_TRL = "pip install trl==1.16.0 torchvision"
LOAD_DATASET = "from datasets import load_dataset\n\nrows = load_dataset('{dir}')"
PURPOSES: dict[Purpose, str] = {
    "train": "Train", "evaluate": "Evaluate", "share": "Share", "archive": "Archive",
}  # fmt: skip


@dataclass(frozen=True)
class Format:
    """One export format.

    *help* says what a bundle is; the programs that read it are in *run_in*.
    *rows* is a pure function from the entries of one image to the rows of the format.
    *load* is the command or code that loads a bundle. It has names in braces: ``dir`` is the bundle's directory,
    ``rows`` the path of the first rows file, ``stem`` the name of that file without its ending, ``split`` its split,
    ``bundle`` the directory or the single file, ``images`` the directory of images in formats with one for each split.
    """

    name: str
    label: str
    help: str
    purpose: Purpose
    load: str
    rows: Callable[[ImageGroup, RowOptions], Iterable[Row]]
    writer: type[Writer]
    checker: type[Checker]
    run_in: tuple[str, ...] = ()
    """Programs with the version in which bundles were loaded completely; empty when it was tried in none."""
    install: str = ""
    """Commands of a shell that install what *load* needs, in the versions of *run_in*; empty: nothing."""
    load_language: Language = "python"
    """What *load* is written in, which decides how paths are quoted."""
    row_endings: tuple[str, ...] = ()
    """Endings that the rows file may have, the usual one first; empty when the writer names its files itself."""
    further_endings: tuple[str, ...] = ()
    """Endings of a single file of rows for scripts: the programs of *run_in* do not read them."""
    image_modes: tuple[Literal["path", "base64", "none"], ...] = ("path", "none")
    max_aspect_ratio: int | None = None
    """Longer images are left out, because the readers refuse them and end the whole run; None: any."""
    needs_every_split: bool = False
    """Whether the readers refuse a bundle without train, validation and test."""
    has_conversations: bool = False
    """Whether several entries can be one conversation: those of one image, or the turns of an imported one."""
    reads_several_images: bool = False
    """Whether a row can have several images; otherwise entries about several are left out."""
    reads_originals: bool = True
    """Whether its readers take images in every color mode, such as CMYK; otherwise all are upright views."""
    stem: str = ""
    """Name of the rows file without split and ending; empty: derived from *name*."""
    compares_answers: bool = False
    """Whether several answers to a question are what its readers want."""
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
    leaves_out: Callable[[Entry, ImageGroup], str] | None = None
    """Returns why *rows* skips an entry of a group; empty for one that has a row. None: every entry has one."""

    @property
    def claim(self) -> str:
        """What is known about the programs that read it, as a sentence."""
        return f"Run in {' and '.join(self.run_in)}." if self.run_in else "Not run in another program."

    @property
    def default_splits(self) -> SplitShares:
        """The splits of a recipe that names none."""
        return SplitShares(train=80, validation=10, test=10) if self.needs_every_split else SplitShares()

    @property
    def required_splits(self) -> tuple[Split, ...]:
        """The splits that every bundle must have."""
        return SPLITS if self.needs_every_split else ()

    @property
    def image_forms(self) -> tuple[Literal["upright", "original"], ...]:
        """The versions of images that can be exported, the usual one first."""
        if self.writer.needs_jpeg or not self.reads_originals:
            return ("upright",)
        return ("original", "upright") if self.is_lossless else ("upright", "original")

    @property
    def problems(self) -> tuple[str, ...]:
        """The names of the problems of entries that an export in this format asks about."""
        if self.is_lossless:
            return ()
        names = tuple(problem.name for problem in PROBLEMS)
        return tuple(name for name in names if name != "contradiction") if self.compares_answers else names

    @property
    def is_lossless(self) -> bool:
        """Whether rows keep history, model calls and options, which no trainer reads."""
        return self.detail == "history"

    @property
    def is_single_file(self) -> bool:
        """Whether a bundle of one split without image files is one file."""
        return bool(self.row_endings) and self.companion_files is None

    def without_left_out(self, group: ImageGroup) -> tuple[ImageGroup, Counter[str]]:
        """Return *group* with the entries that have a row, and how many others there are by reason."""
        if self.leaves_out is None:
            return group, Counter()
        reasons = [self.leaves_out(entry, group) for entry in group.entries]
        kept = tuple(entry for entry, reason in zip(group.entries, reasons, strict=True) if not reason)
        further = group.further[: max(map(further_count, kept), default=0)]
        return replace(group, entries=kept, further=further), Counter(filter(None, reasons))

    def layout(self, recipe: ExportRecipe, splits: tuple[str, ...] = ()) -> BundleLayout:
        """Return what the writer and the checker know of an export by *recipe*; *splits* of it, not only by share."""
        return BundleLayout(
            stem=self.stem or self.name.replace("-", "_"),
            row_ending=recipe.rows or "",
            splits=splits or recipe.splits.names,
            images=recipe.images or self.image_modes[0],
            image_form=recipe.image_form or self.image_forms[0],
            max_side_px=recipe.max_side_px,
            formula_guard=recipe.formula_guard,
            columns=self.features(row_options(recipe)) if self.features else {},
            title=recipe.title,
            license=recipe.license,
        )


def row_options(recipe: ExportRecipe) -> RowOptions:
    """Return the parts of *recipe* that shape a row."""
    return RowOptions(
        grouping=recipe.grouping, metadata=recipe.metadata, source=recipe.title or "vitrine",
        max_side_px=recipe.max_side_px,
        normalized=recipe.preprocessing.normalize is not None and recipe.preprocessing.normalize.write == "float",
    )  # fmt: skip


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
    """Return the system prompt of a conversation, without control words; empty for most."""
    return without_control_words(next((entry.system for entry in entries if entry.system), ""))


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
    question = without_control_words(entry.question)
    return f"{IMAGE_TOKEN * images}{separator}{question}" if images else question


def answer_text(entry: Entry) -> str:
    """Return the answer as training text without control words."""
    return without_control_words(answer_as_text(entry))
