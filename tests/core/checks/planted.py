"""Questions whose answers follow known shares, so that the best guess from the text alone is known."""

import random

from core.checks.base import CheckedEntry

_OBJECTS = [
    f"{looks} {thing}"
    for looks in ("red", "small", "old", "wooden")
    for thing in ("dog", "cat", "bus", "tree", "cup", "chair", "bird", "boat", "ball", "lamp")
]
_COLORS = ("red", "blue", "green", "white", "black")


def planted(count: int, seed: int) -> tuple[list[CheckedEntry], float]:
    """Return entries, three an image, and the share of answers that the best guesser would guess."""
    chance = random.Random(seed)
    entries, best = [], 0.0
    for number in range(count):
        question, shares, kind = _question(chance.choice(_OBJECTS), chance.randrange(4))
        answer = chance.choices(list(shares), list(shares.values()))[0] if shares else f"word {number}"
        best += max(shares.values(), default=0.0)
        entries.append(checked(str(number), question, answer, family=number // 3, kind=kind))
    return entries, best / count


def checked(
    id_: str, question: str, answer: str, *, family: int, kind: str = "", confirmed: bool = False
) -> CheckedEntry:
    return CheckedEntry(
        id_, f"image-{family}", family, question, answer, "text", kind, "en", "openai/gpt-4o", confirmed
    )


def _question(thing: str, template: int) -> tuple[str, dict[str, float], str]:
    if template == 0:
        return f"Is there a {thing} in the image?", {"yes": 0.83, "no": 0.17}, "yes/no"
    if template == 1:
        usual = _COLORS[sum(map(ord, thing)) % 5]
        return f"What color is the {thing}?", {color: 0.6 if color == usual else 0.1 for color in _COLORS}, "color"
    if template == 2:
        return f"How many {thing}s are there?", {"1": 0.5, "2": 0.3, "3": 0.2}, "count"
    return f"What is written on the {thing}?", {}, "text"
