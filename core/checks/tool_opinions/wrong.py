"""Making a right answer wrong, so that it is known what tools say of wrong answers to questions like those at hand."""

from core.llm.offline.see import said
from core.llm.offline.see.vocabulary import Asked, Vocabulary

_OPPOSITE = {"left": "right", "right": "left", "top": "bottom", "bottom": "top", "center": "top left"}
_FAR_COLORS = ("blue", "red", "green", "yellow")


def wrong_answers(asked: Asked, words: Vocabulary, answer: str) -> list[str]:
    """Return wrong answers to a question, given the right one; none when they cannot be told to be wrong."""
    if asked.topic in ("present", "has_text", "says"):
        affirmed = said.affirms(answer, words)
        return [] if affirmed is None else [words.text("no" if affirmed else "yes")]
    if asked.topic == "count":
        number = said.number(answer, words)
        return [] if number is None else [str(other) for other in (number - 1, number + 1) if other >= 0]
    if asked.topic in ("place", "side", "beside"):
        named = said.sides(answer, words)
        return [words.place(_OPPOSITE[side]) for side in said.SIDES if side in named][:1]
    if asked.topic == "color":
        named = said.colors(answer, words)
        others = [words.color(name) for name in _FAR_COLORS if name not in named]
        return [other for other in others if said.agrees(other, answer, words) is False][:1]
    return misread(answer)


def misread(text: str) -> list[str]:
    """Return a text with one letter or digit in its middle changed."""
    places = [place for place, char in enumerate(text) if char.isalnum()]
    if not places:
        return []
    place = places[len(places) // 2]
    other = str((int(text[place]) + 3) % 10) if text[place] in "0123456789" else "X" if text[place] not in "xX" else "K"
    return [text[:place] + other + text[place + 1 :]]
