"""Directories that are classes, as torchvision's and Hugging Face's ImageFolder read them: ``train/cat/1.jpg``."""

from collections.abc import Sequence
from typing import Any

from core.importing.readers.base import Head

FORMAT = "classes"
"""The format that makes entries of them; otherwise they are tags, since directories often mean something else."""
NAME = "directories"
MAX_CLASSES = 1_000
_SPLITS = frozenset({"train", "training", "val", "valid", "validation", "dev", "test", "testing"})
_NO_CLASSES = frozenset({"image", "images", "img", "imgs", "photos", "pictures", "data", *_SPLITS})
_ENDINGS = (".jpg", ".jpeg", ".png", ".webp")
_MIN_IMAGES = 2
"""Of a class on average, so that directories look like classes."""


def classes_of(names: Sequence[str], *, is_chosen: bool = False) -> dict[str, str]:
    """Return the class of each image where the last directories of all are classes; {} where they are not.

    Args:
        is_chosen: whether somebody says that they are classes; then numbers are classes too.
    """
    found: dict[str, str] = {}
    above: set[tuple[str, ...]] = set()
    for name in names:
        if not name.lower().endswith(_ENDINGS):
            continue
        *directories, _ = name.split("/")
        if not directories:
            return {}
        found[name] = directories[-1]
        above.add(tuple(part for part in directories[:-1] if part.lower() not in _SPLITS))
    classes = {*found.values()}
    if len(above) != 1 or not 2 <= len(classes) <= MAX_CLASSES:
        return {}
    if not is_chosen and (len(found) < _MIN_IMAGES * len(classes) or any(map(_means_something_else, classes))):
        return {}
    return found


def _means_something_else(name: str) -> bool:
    return name.lower() in _NO_CLASSES or not any(letter.isalpha() for letter in name)


def head_of_classes(classes: dict[str, str], rows: int) -> Head:
    """Return the head of the rows that :func:`row_of` makes."""
    options = sorted({*classes.values()})
    return Head(NAME, "directories", tuple(row_of(name, classes, options) for name in [*classes][:rows]))


def row_of(name: str, classes: dict[str, str], options: list[str]) -> dict[str, Any]:
    """Return the row of an image, as a table of classes would have it."""
    return {"file_name": name, "label": classes[name], "options": options}


def tag_of(name: str) -> str:
    """Return the class of an image as a tag; a comma would end it."""
    return " ".join(name.rpartition("/")[0].rpartition("/")[2].replace(",", " ").split())


def note_of(classes: dict[str, str]) -> str:
    """Return what is said of directories that look like classes."""
    options = sorted({*classes.values()})
    shown = ", ".join(options[:5]) + (", …" if len(options) > 5 else "")
    return (
        f"The names of the {len(options):,} directories ({shown[:200]}) are tags of the new images. Choose the format "
        "Image classes to make each also the answer about its images."
    )
