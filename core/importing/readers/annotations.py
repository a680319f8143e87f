"""Annotation files beside images: found in a directory or archive, parsed, and matched to their images."""

import json
from collections.abc import Callable, Iterable
from typing import Any

from core.container import Container
from core.errors import InvalidInputError
from core.importing.readers import image_folder, llava, vitrine, vqa
from core.importing.sources.base import ImportedAnnotation

Annotations = dict[str, list[ImportedAnnotation]]
"""By the name of the image, as the annotation file writes it."""

# Each reader returns None for a file that is not of its format; the most specific readers come first.
READERS: tuple[Callable[[str, Any, dict[str, Any]], Annotations | None], ...] = (
    vitrine.read,
    vqa.read,
    llava.read,
    image_folder.read,
)

_REPORT = "EXPORT_REPORT.json"
# Files about an export, in the directory of its report.
_EXPORT_METADATA = (_REPORT, "EXPORT_REPORT.md", "README.md", "vqa_v2_train_ids.jsonl", "dataset_info.json")


def find(container: Container) -> tuple[Annotations, set[str]]:
    """Return the annotations by the name of the image file in *container*, and the names of files that are no images.

    Those are the annotation files and the metadata of an export.

    Raises:
        InvalidInputError: an annotation file is not valid JSON, not UTF-8, or too large.
    """
    names = container.names()
    parsed = {name: _parsed(name, container) for name in names if name.endswith((".json", ".jsonl"))}
    found: Annotations = {}
    export_dirs = [name.removesuffix(_REPORT) for name in names if name.rpartition("/")[2] == _REPORT]
    used = {f"{export_dir}{name}" for export_dir in export_dirs for name in _EXPORT_METADATA}
    for name, content in parsed.items():
        for read in READERS:
            by_written_name = read(name, content, parsed)
            if by_written_name is not None:
                used.add(name)
                for image, annotations in _matched(by_written_name, name, names):
                    found.setdefault(image, []).extend(annotations)
                break
    return found, used


def _parsed(name: str, container: Container) -> Any:
    text = container.text(name)
    try:
        if name.endswith(".jsonl"):
            return [json.loads(line) for line in text.split("\n") if line.strip()]
        return json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidInputError(f"{name} is not valid JSON. Correct it and try again.") from None


def _matched(
    by_written_name: Annotations, annotation_file: str, names: list[str]
) -> Iterable[tuple[str, list[ImportedAnnotation]]]:
    """Match written names to files: relative to the annotation file, then to the root, then by the last part alone."""
    directory = annotation_file.rpartition("/")[0]
    known = set(names)
    by_last_part = {name.rpartition("/")[2]: name for name in reversed(names)}
    for written, annotations in by_written_name.items():
        cleaned = written.replace("\\", "/").removeprefix("./")
        candidates = (f"{directory}/{cleaned}" if directory else cleaned, cleaned)
        match = next((name for name in candidates if name in known), by_last_part.get(cleaned.rpartition("/")[2]))
        if match is not None:
            yield match, annotations
