"""The outcome of each imported file, and the name it is shown under."""

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
    """The outcome of one file."""

    image_name: str
    outcome: Outcome
    image: Images | None = None
    """The new image, or for a duplicate the one that the project has; None when rejected."""
    reason: str | None = None
    """A sentence for the user; None when there is nothing to say."""


def label_of(name: str) -> str:
    """Return the name under which a file is shown: its last part, without unprintable characters.

    At most MAX_NAME_CHARS characters; never used as a path.
    """
    last = re.split(r"[/\\]", name)[-1]
    text = last.encode("utf-8", "replace").decode("utf-8")
    # Unicode categories C*: control, format (such as right-to-left override), private and unassigned.
    text = "".join(char for char in text if unicodedata.category(char)[0] != "C")
    text = " ".join(unicodedata.normalize("NFC", text).split())
    if len(text) > MAX_NAME_CHARS:
        stem, dot, suffix = text.rpartition(".")
        text = f"{stem[: MAX_NAME_CHARS - 11]}{dot}{suffix[:10]}" if dot else text[:MAX_NAME_CHARS]
    return text if text.strip(". ") else "image"


def repaired(name: str, format_: str) -> tuple[str, str | None]:
    """Return the label with an extension that fits the format, and why it differs from *name*; None if it does not."""
    label = label_of(name)
    last = re.split(r"[/\\]", name)[-1]
    stem, dot, suffix = label.rpartition(".")
    if f"{dot}{suffix}".lower() not in EXTENSIONS[format_]:
        known = dot and f".{suffix.lower()}" in _KNOWN_SUFFIXES
        label = (stem if known else label) + EXTENSIONS[format_][0]
        return label, f"The name was repaired to match the content, a {format_} image."
    if unicodedata.normalize("NFC", last) != label:
        return label, "The name was repaired: it had unprintable characters, or was too long."
    return label, None
