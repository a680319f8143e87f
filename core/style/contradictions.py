"""Tags of references that contradict each other: sent together, "bright light, low light" says nothing."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

_MAJORITY = 2 / 3
# Each row is a question that a tag answers, with its answers: words of which a tag has one.
_AXES: tuple[tuple[str, ...], ...] = (
    ("bright|bright light|high key", "low light|dark|dim|low key", "medium light"),
    ("soft contrast|low contrast|flat", "strong contrast|high contrast|hard contrast"),
    ("soft light|diffuse|diffused", "hard light|harsh light|harsh"),
    ("warm|golden", "cool|cold|icy"),
    ("vivid|saturated|colorful|vibrant", "muted|desaturated|pastel|faded", "natural"),
    ("calm|serene|quiet|peaceful", "energetic|dynamic|dramatic|lively"),
    ("cheerful|joyful|playful", "somber|gloomy|melancholic|moody"),
)
_PATTERNS = tuple(
    tuple(re.compile(rf"(?<!\w)(?:{words})(?!\w)", re.IGNORECASE) for words in answers) for answers in _AXES
)


@dataclass(frozen=True)
class AgreedTags:
    """The tags that references agree on, each once, and those that others of them contradict."""

    kept: tuple[str, ...]
    left_out: tuple[str, ...]


def agreed_tags(by_reference: Sequence[Sequence[str]]) -> AgreedTags:
    """Return the tags without contradictions.

    Of tags that contradict each other those of at least two thirds of the references stay, else none.
    """
    refused: set[tuple[int, int]] = set()
    for axis, answers in enumerate(_PATTERNS):
        counts = [sum(any(pattern.search(tag) for tag in tags) for tags in by_reference) for pattern in answers]
        if sum(count > 0 for count in counts) < 2:
            continue
        most = counts.index(max(counts))
        has_majority = counts[most] >= _MAJORITY * sum(counts)
        refused |= {(axis, answer) for answer in range(len(answers)) if not (has_majority and answer == most)}
    every = {tag.strip().casefold(): tag.strip() for tags in reversed(by_reference) for tag in reversed(tags)}
    ordered = dict.fromkeys(tag.strip().casefold() for tags in by_reference for tag in tags if tag.strip())
    contradicting = [name for name in ordered if any(_PATTERNS[axis][answer].search(name) for axis, answer in refused)]
    return AgreedTags(
        tuple(every[name] for name in ordered if name not in contradicting),
        tuple(every[name] for name in contradicting),
    )
