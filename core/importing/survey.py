"""What a folder, an archive or a file holds, by names alone."""

import re
from dataclasses import dataclass
from pathlib import Path

from core.container import open_container

_ANNOTATIONS = (".json", ".jsonl", ".ndjson", ".csv", ".tsv")
_TEXTS = (".txt", ".caption", ".token")
_TABLES = (".parquet", ".arrow", ".tar")
_DOCUMENTS = (".pdf",)
_IMAGES = (".jpg", ".jpeg", ".png", ".webp")
# Files about a dataset, by their name in lower case.
_ABOUT = frozenset({
    "readme.md", "readme.txt", "readme", "export_report.json", "export_report.md", "dataset_info.json",
    "dataset_infos.json", "dataset_dict.json", "state.json", "license", "license.txt", "license.md", "data.yaml",
})  # fmt: skip
# How many downloads of a shard succeeded, by img2dataset.
_COUNTS_OF_SHARD = re.compile(r"\d{3,}_stats\.json")


@dataclass(frozen=True)
class Survey:
    """The names of the files of an import by what is tried with them."""

    images: tuple[str, ...]
    """Files to try as images, also with unknown endings."""
    annotations: tuple[str, ...]
    tables: tuple[str, ...]
    """Tables with types, with images inside or text only, and tar archives of samples."""
    documents: tuple[str, ...]
    ignored: tuple[str, ...]
    """Files about the dataset."""


def survey(root: Path) -> Survey:
    """Return what *root* holds: a directory, a ZIP archive, or a single file.

    Raises:
        InvalidInputError: it cannot be opened.
    """
    container = open_container(root)
    try:
        return survey_of(container.names())
    finally:
        container.close()


def survey_of(names: list[str]) -> Survey:
    """Sort names of files by what is tried with them."""
    found: dict[str, list[str]] = {"images": [], "annotations": [], "tables": [], "documents": [], "ignored": []}
    for name in names:
        found[_kind(name)].append(name)
    return Survey(**{kind: tuple(sorted_names) for kind, sorted_names in found.items()})


def _kind(name: str) -> str:
    low = name.rpartition("/")[2].lower()
    if low in _ABOUT or _COUNTS_OF_SHARD.fullmatch(low):
        return "ignored"
    if low.endswith((*_ANNOTATIONS, *_TEXTS)):
        return "annotations"
    if low.endswith(_TABLES):
        return "tables"
    return "documents" if low.endswith(_DOCUMENTS) else "images"
