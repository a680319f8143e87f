"""What became of each file that was handed in, and the name it is shown under."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

from core.db import Images
from core.images.structure import EXTENSIONS

MAX_NAME_CHARS = 200

Outcome = Literal["added", "duplicate", "near-duplicate", "rejected"]

_KNOWN_SUFFIXES = {suffix for suffixes in EXTENSIONS.values() for suffix in suffixes} | {
    ".gif",
    ".bmp",
    ".tif",
    ".tiff",
}


@dataclass(frozen=True)
class ImageOutcome:
    """One file's fate.

    *image* is the stored image: the new one, or for a duplicate the one that was there already; None when
    rejected. *reason* is a sentence for the person who handed it in, None when there is nothing to say.
    """

    image_name: str
    outcome: Outcome
    image: Images | None = None
    reason: str | None = None


def label_of(name: str) -> str:
    """Return the name under which a file is shown: its last part, without what cannot be shown.

    A label is never used as a path.
    """
    last = re.split(r"[/\\]", name)[-1]
    text = last.encode("utf-8", "replace").decode("utf-8")
    # Control, format (reading direction), private and unassigned characters.
    text = "".join(char for char in text if unicodedata.category(char)[0] != "C")
    text = " ".join(unicodedata.normalize("NFC", text).split())
    if len(text) > MAX_NAME_CHARS:
        stem, dot, suffix = text.rpartition(".")
        text = f"{stem[: MAX_NAME_CHARS - 11]}{dot}{suffix[:10]}" if dot else text[:MAX_NAME_CHARS]
    return text if text.strip(". ") else "image"


def repaired(name: str, format_: str) -> tuple[str, str | None]:
    """Return the label of a file with this content, and why it differs from *name* if it does."""
    label = label_of(name)
    last = re.split(r"[/\\]", name)[-1]
    stem, dot, suffix = label.rpartition(".")
    if f"{dot}{suffix}".lower() not in EXTENSIONS[format_]:
        known = dot and f".{suffix.lower()}" in _KNOWN_SUFFIXES
        label = (stem if known else label) + EXTENSIONS[format_][0]
        return label, f"The name was repaired to match the content, a {format_} image."
    if unicodedata.normalize("NFC", last) != label:
        return label, "The name was repaired: it had characters that cannot be shown, or was too long."
    return label, None
