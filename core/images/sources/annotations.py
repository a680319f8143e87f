"""Questions and answers that others have written down: found in a directory or archive, matched to its images."""

import json
from collections.abc import Callable, Iterable
from typing import Any

from core.errors import InvalidInputError
from core.images.sources import image_folder, llava, vitrine, vqa
from core.images.sources.base import Note
from core.images.sources.container import Container

Found = dict[str, list[Note]]
"""Notes by the name of the image as it is written in the annotation."""

# Each reads a parsed file if it is of its format and returns None otherwise; the more particular come first.
FORMATS: tuple[Callable[[str, Any, dict[str, Any]], Found | None], ...] = (
    vitrine.read,
    vqa.read,
    llava.read,
    image_folder.read,
)


_REPORT = "EXPORT_REPORT.json"
_ABOUT = (_REPORT, "EXPORT_REPORT.md", "README.md", "vqa_v2_train_ids.jsonl", "dataset_info.json")
"""What an export says about itself, beside its report."""


def find(container: Container) -> tuple[Found, set[str]]:
    """Return the notes by the name of the file in *container* that they belong to, and the files that are no images.

    Those are the annotations, and what an export of Vitrine's says about itself.

    Raises:
        InvalidInputError: an annotation file is broken.
    """
    names = container.names()
    parsed = {name: _parsed(name, container) for name in names if name.endswith((".json", ".jsonl"))}
    whole: Found = {}
    beside_reports = [name.removesuffix(_REPORT) for name in names if name.rpartition("/")[2] == _REPORT]
    used = {f"{beside}{name}" for beside in beside_reports for name in _ABOUT}
    for name, content in parsed.items():
        for read in FORMATS:
            found = read(name, content, parsed)
            if found is not None:
                used.add(name)
                for image, notes in _matched(found, name, names):
                    whole.setdefault(image, []).extend(notes)
                break
    return whole, used


def _parsed(name: str, container: Container) -> Any:
    text = container.text(name)
    try:
        if name.endswith(".jsonl"):
            return [json.loads(line) for line in text.split("\n") if line.strip()]
        return json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidInputError(f"{name} is not valid JSON. Correct it and try again.") from None


def _matched(found: Found, beside: str, names: list[str]) -> Iterable[tuple[str, list[Note]]]:
    """Find the image that an annotation means: beside its file, below any directory, or by its bare name."""
    here = beside.rpartition("/")[0]
    known = set(names)
    by_last = {name.rpartition("/")[2]: name for name in reversed(names)}
    for image, notes in found.items():
        cleaned = image.replace("\\", "/").removeprefix("./")
        candidates = (f"{here}/{cleaned}" if here else cleaned, cleaned)
        match = next((name for name in candidates if name in known), by_last.get(cleaned.rpartition("/")[2]))
        if match is not None:
            yield match, notes
