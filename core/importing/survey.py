"""What a folder, an archive or a file holds, by names alone."""

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from core.container import is_archive_at, open_container
from core.errors import ImageRejectedError, InvalidInputError
from core.images.sandbox import sandbox

if TYPE_CHECKING:
    from core.config import Settings

_ANNOTATIONS = (".json", ".jsonl", ".ndjson", ".csv", ".tsv")
_TEXTS = (".txt", ".caption", ".token")
_TABLES = (".parquet", ".arrow", ".tar")
_DOCUMENTS = (".pdf",)
_IMAGES = (".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".apng", ".webp")
# Files about a dataset, by their name in lower case.
_ABOUT = frozenset({
    "readme.md", "readme.txt", "readme", "export_report.json", "export_report.md", "dataset_info.json",
    "dataset_infos.json", "dataset_dict.json", "state.json", "license", "license.txt", "license.md", "croissant.json",
})  # fmt: skip
# How many downloads of a shard succeeded, by img2dataset.
_COUNTS_OF_SHARD = re.compile(r"\d{3,}_stats\.json")
# Of an archive with the most files that are allowed, on a slow disk.
_TIMEOUT_S = 120.0
_CODE = (".py", ".yaml", ".yml")


@dataclass(frozen=True)
class Survey:
    """The names of the files of an import by what is tried with them."""

    images: tuple[str, ...]
    others: tuple[str, ...]
    """Files whose endings say nothing known: their content decides whether they are images."""
    annotations: tuple[str, ...]
    tables: tuple[str, ...]
    """Tables with types, with images inside or text only, and tar archives of samples."""
    documents: tuple[str, ...]
    ignored: tuple[str, ...]
    """Files about the dataset."""
    problems: tuple[tuple[str, str], ...] = ()
    """Name and a sentence for each file that the container leaves out, or lists under another name."""

    @property
    def tried_as_images(self) -> tuple[str, ...]:
        return self.images + self.others


def survey_untrusted(root: Path, settings: "Settings") -> Survey:
    """Return :func:`survey` of *root*; an archive, whose list of files anybody may have made, is read by a worker.

    Raises:
        InvalidInputError: it cannot be opened, or reading its list of files takes too long or too much memory.
    """
    if root.is_dir() or not is_archive_at(root):
        return survey(root)
    try:
        return sandbox(settings).run(survey, root, timeout_s=_TIMEOUT_S)
    except ImageRejectedError as error:
        raise InvalidInputError(
            f"The list of files in {root.name} takes too long or too much memory to read. Import it unpacked.",
            field="path",
        ) from error


def survey(root: Path) -> Survey:
    """Return what *root* holds: a directory, a ZIP archive, or a single file.

    Raises:
        InvalidInputError: it cannot be opened.
    """
    container = open_container(root)
    try:
        found = survey_of(container.names())
        return replace(found, problems=tuple(container.problems))
    finally:
        container.close()


def survey_of(names: list[str]) -> Survey:
    """Sort names of files by what is tried with them."""
    found: dict[str, list[str]] = {}
    repeated = _repeated_captions(names)
    for name in names:
        found.setdefault("ignored" if name in repeated else _kind(name), []).append(name)

    def of(kind: str) -> tuple[str, ...]:
        return tuple(found.get(kind, ()))

    return Survey(of("images"), of("others"), of("annotations"), of("tables"), of("documents"), of("ignored"))


def _repeated_captions(names: list[str]) -> set[str]:
    """Return the tables of our own exports with captions, which repeat the text files beside the images."""
    if not any(name.rpartition("/")[2] == "EXPORT_REPORT.json" for name in names):
        return set()
    directories = {name.rpartition("/")[0] for name in names if name.endswith(".txt")}
    return {name for name in names if name.endswith("/metadata.jsonl") and name.rpartition("/")[0] in directories}


def _kind(name: str) -> str:
    low = name.rpartition("/")[2].lower()
    if low in _ABOUT or low.endswith(_CODE) or _COUNTS_OF_SHARD.fullmatch(low):
        return "ignored"
    if low.endswith((*_ANNOTATIONS, *_TEXTS)):
        return "annotations"
    if low.endswith(_TABLES):
        return "tables"
    if low.endswith(_DOCUMENTS):
        return "documents"
    return "images" if low.endswith(_IMAGES) else "others"
