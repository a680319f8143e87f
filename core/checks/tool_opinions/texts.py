"""Comparing an answer with the lines of text that were read in an image."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import Levenshtein

from core.llm.offline.see import limits
from core.llm.offline.see.scene import Part

NEAR = 0.6
"""Similarity from which a line is taken for the one that the answer means."""
_JOINED = 0.9
"""Similarity from which several lines are taken for one text: lines side by side may have nothing to do with it."""
_FEWEST_CHARS = 3
_NO_SPACES = "\u2e80"
"""Signs from here on, such as Chinese ones, are written without spaces, and two of them are a word."""
_LOOK_ALIKE = str.maketrans("1lı|0", "iiiio")
MAX_CHARS = 400
"""A longer answer is no reading of a line or a sign."""


@dataclass(frozen=True)
class Nearest:
    """The lines that resemble a text most."""

    similarity: float
    """Of the letters and digits, 0 to 1 (Levenshtein)."""
    text: str
    lines: list[Part]


def folded(text: str) -> str:
    """Return the letters and digits of a text as they look: recognition misses accents, and takes 1 for l or i."""
    plain = unicodedata.normalize("NFKD", text.casefold()).translate(_LOOK_ALIKE)
    return "".join(char for char in plain if char.isalnum())


def has_enough(text: str) -> bool:
    """Return whether a text is long enough to be compared, and short enough to be a reading."""
    fewest = 2 if any(char > _NO_SPACES for char in text) else _FEWEST_CHARS
    return len(text) <= MAX_CHARS and len(folded(text)) >= fewest


def nearest(text: str, lines: Sequence[Part]) -> Nearest | None:
    """Return what resembles *text* most: some words of a line, a line, or several lines.

    None when nothing is certain, or when it is only a part of the text.
    """
    wanted, count = folded(text), len(text.split())
    certain = [line for line in lines if line["score"] >= limits.READ]
    read = [(part, [line]) for line in certain for part in _parts(line["label"], wanted, count)]
    for count_of_lines in {2, 3, len(certain)}:
        for at in range(len(certain) - count_of_lines + 1 if count_of_lines > 1 else 0):
            some = certain[at : at + count_of_lines]
            read.append((" ".join(line["label"] for line in some), some))
    best: tuple[float, str, list[Part]] = (-1.0, "", [])
    for own, of in read:
        share = Levenshtein.normalized_similarity(wanted, folded(own), score_cutoff=max(best[0], 0.0))
        if share > best[0] and (len(of) == 1 or share >= _JOINED):
            best = share, own, of
        if share == 1.0:
            break
    # What is only a part of the text may be all that recognition found of it.
    is_part = best[0] < 1.0 and folded(best[1]) in wanted
    return Nearest(*best) if best[2] and not is_part else None


def _parts(line: str, wanted: str, count: int) -> Iterator[str]:
    """Yield a line, and each part of it that has as many words as the text, or is the text in a script without them."""
    yield line
    words = line.split()
    for at in range(len(words) - count + 1 if count < len(words) else 0):
        yield " ".join(words[at : at + count])
    if any(char > _NO_SPACES for char in wanted) and wanted in folded(line):
        yield wanted
