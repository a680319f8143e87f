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

# Zero-width joiner and non-joiner: parts of emoji, and of words in Persian and in many scripts of India.
_JOINERS = "\u200d\u200c"
# One without a character on both sides is invisible and joins nothing.
_LOOSE_JOINER = re.compile(rf"(?:^|(?<=[\s.]))[{_JOINERS}]+|[{_JOINERS}]+(?=[{_JOINERS}\s.]|$)")
# Signs that enclose the digits behind them; Unicode counts them among the format characters, but they are visible.
_VISIBLE_FORMATS = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\u180e")
# Tag characters are invisible text; only the flags of regions are made of them.
_TAGS = re.compile("(\U0001f3f4[\U000e0030-\U000e007a]{3,6}\U000e007f)|[\U000e0000-\U000e007f]")


@dataclass(frozen=True)
class ImageOutcome:
    """The outcome of one file."""

    image_name: str
    outcome: Outcome
    image: Images | None = None
    """The new image, or for a duplicate the one that the project has; None when rejected."""
    reason: str | None = None
    """A sentence for the user; None when there is nothing to say."""

    @property
    def is_new(self) -> bool:
        """Whether the file became an image of the project."""
        return self.outcome in ("added", "near-duplicate")


def label_of(name: str) -> str:
    """Return the name under which a file is shown: its last part, without control characters and invisible ones.

    At most MAX_NAME_CHARS characters; never used as a path. Characters that join others, as in emoji and in Persian,
    stay where they join something.
    """
    last = re.split(r"[/\\]", name)[-1]
    text = _TAGS.sub(lambda match: match[1] or "", last.encode("utf-8", "replace").decode("utf-8"))
    text = unicodedata.normalize("NFC", "".join(char for char in text if _is_kept(char)))
    text = _tidied(text)
    if len(text) > MAX_NAME_CHARS:
        stem, dot, suffix = text.rpartition(".")
        text = _tidied(f"{stem[: MAX_NAME_CHARS - 11]}{dot}{suffix[:10]}" if dot else text[:MAX_NAME_CHARS])
    return text if text.strip(". ") else "image"


def _tidied(text: str) -> str:
    return " ".join(_LOOSE_JOINER.sub("", text).split())


def _is_kept(char: str) -> bool:
    """Return whether a character is kept in a label.

    Not kept are control characters, invisible format characters such as bidirectional overrides, and noncharacters.
    Unassigned characters may be newer emoji, and those of private use come from other systems.
    """
    category = unicodedata.category(char)
    if category == "Cf":
        return char in _JOINERS or char in _VISIBLE_FORMATS or "\U000e0000" <= char <= "\U000e007f"
    if category == "Cn":
        code = ord(char)
        # Noncharacters, and code points that are reserved for invisible characters.
        return not (code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF or code >> 12 == 0xE0 or code >> 4 == 0xFFF)
    return category not in ("Cc", "Cs", "Zl", "Zp")


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
