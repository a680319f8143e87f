"""What the tools say of an answer: how far each of them agrees, and the parts of the image that it points to.

Agreement is 0 to 1: 0 speaks against the answer, 1 for it. What a tool cannot test has no opinion.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core.checks.tool_opinions import texts
from core.llm.offline import responses
from core.llm.offline.see import answers, said
from core.llm.offline.see.scene import Part, Scene
from core.llm.offline.see.vocabulary import LABELS, Asked, Vocabulary
from core.llm.offline.translations import translations

if TYPE_CHECKING:
    from PIL.Image import Image

PRESENT, ABSENT, ENOUGH, NOT_MORE = "present", "absent", "enough", "not more"
PLACE, COLOR, TEXT, QUOTE, PIXELS, SCHEMA = "place", "color", "text", "quote", "pixels", "schema"


@dataclass(frozen=True)
class Opinion:
    """What one tool says of an answer."""

    tool: str
    agreement: float
    says: str
    parts: list[Part] = field(default_factory=list)


def opinions(asked: Asked, words: Vocabulary, answer: str, scene: Scene) -> list[Opinion]:
    """Return what the tools say of the answer to a question that was read; nothing when none can test it."""
    return _TESTS[asked.topic](asked, words, answer, scene)


def about_pixels(question: str, language: str, words: Vocabulary, answer: str, image: "Image") -> list[Opinion]:
    """Return what measured pixels say of the answer to a question about them, such as "Is the image bright?"."""
    from core.measure import measure

    own = responses.own_answer(measure(image), translations(language), question)
    agrees = said.agrees(own, answer, words) if own else None
    return [] if own is None or agrees is None else [Opinion(PIXELS, float(agrees), f"Measured: {own}")]


def _present(asked: Asked, words: Vocabulary, answer: str, scene: Scene) -> list[Opinion]:
    affirmed = said.affirms(answer, words)
    if affirmed is None:
        return []
    return _at_least(PRESENT, asked.label, 1, scene) if affirmed else _at_most(ABSENT, asked.label, 0, scene)


def _count(asked: Asked, words: Vocabulary, answer: str, scene: Scene) -> list[Opinion]:
    number = said.number(answer, words)
    if number is None:
        return []
    fewer = _at_least(ENOUGH, asked.label, number, scene) if number else []
    return [*fewer, *_at_most(NOT_MORE, asked.label, number, scene)]


def _at_least(tool: str, label: str, number: int, scene: Scene) -> list[Opinion]:
    """Agreement is the score of the object that is last in the number when they are counted by score."""
    score = _score_of(label, number, scene)
    return [] if score is None else [Opinion(tool, score, _found(label, scene), scene.of_label(label))]


def _at_most(tool: str, label: str, number: int, scene: Scene) -> list[Opinion]:
    """Agreement is what the first object beyond the number lacks to a score of 1."""
    score = _score_of(label, number + 1, scene)
    return [] if score is None else [Opinion(tool, 1 - score, _found(label, scene), scene.of_label(label))]


def _score_of(label: str, number: int, scene: Scene) -> float | None:
    """Return the score of the object *number*, the best being 1; None when the tool does not know what it misses."""
    found = scene.of_label(label)
    if number <= len(found):
        return float(found[number - 1]["score"])
    if scene.faint is None or label not in LABELS:
        return None
    return float(scene.faint.get(label, 0.0)) if number == len(found) + 1 else 0.0


def _found(label: str, scene: Scene) -> str:
    found = scene.of_label(label)
    if not found:
        faint = (scene.faint or {}).get(label, 0.0)
        return f"No {label} was found{f', one is suspected with {faint:.2f}' if faint else ', and none is suspected'}."
    shown = ", ".join(f"{part['score']:.2f}" for part in found[:5])
    more = f" and {len(found) - 5} more" if len(found) > 5 else ""
    return f"{len(found)} × {label} found, with certainty {shown}{more}."


def _one_object(tool: str) -> Callable[[Asked, Vocabulary, str, Scene], list[Opinion]]:
    """Return the test of what offline/see tells about the only object of its label, as surely as it was found."""

    def test(asked: Asked, words: Vocabulary, answer: str, scene: Scene) -> list[Opinion]:
        own = answers.answer(asked, scene, words)
        agrees = said.agrees(own.text, answer, words) if own.text else None
        if agrees is None:
            return []
        score = min(part["score"] for part in own.evidence)
        return [Opinion(tool, score if agrees else 1 - score, f"{asked.label}: {own.text}.", own.evidence)]

    return test


def _written(asked: Asked, words: Vocabulary, answer: str, scene: Scene) -> list[Opinion]:
    if scene.lines is None or not texts.has_enough(answer):
        return []
    found = texts.nearest(answer, scene.lines)
    if found is None or (found.similarity < texts.NEAR and not scene.is_read_completely()):
        return []
    return [_of_text(TEXT, found)]


def _written_on(asked: Asked, words: Vocabulary, answer: str, scene: Scene) -> list[Opinion]:
    """What is on an object is one line of many: only a line that is nearly the answer says something of it."""
    found = texts.nearest(answer, scene.lines or ()) if texts.has_enough(answer) else None
    return [] if found is None or found.similarity < texts.NEAR else [_of_text(TEXT, found)]


def read_in_image(answer: str, scene: Scene) -> list[Opinion]:
    """Return what text recognition says of the answer to any question whose answer is read in the image."""
    return _written_on(Asked("written_on"), None, answer, scene)  # type: ignore[arg-type]


def _of_text(tool: str, found: texts.Nearest) -> Opinion:
    return Opinion(tool, found.similarity, f"The image says “{found.text}”.", found.lines)


def _has_text(asked: Asked, words: Vocabulary, answer: str, scene: Scene) -> list[Opinion]:
    affirmed = said.affirms(answer, words)
    lines = [line for line in scene.read() if len(texts.folded(line["label"])) > 1]
    if affirmed is None or not lines:
        return []
    best = max(line["score"] for line in lines)
    return [Opinion(QUOTE, best if affirmed else 1 - best, f"The image says “{lines[0]['label']}”.", lines)]


def _says(asked: Asked, words: Vocabulary, answer: str, scene: Scene) -> list[Opinion]:
    affirmed = said.affirms(answer, words)
    found = texts.nearest(asked.text, scene.lines or ()) if texts.has_enough(asked.text) else None
    if affirmed is None or found is None or found.similarity < texts.NEAR:
        return []
    if affirmed:
        return [_of_text(QUOTE, found)]
    # A text that is nearly the same is another one, so that "no" may be right.
    return [Opinion(QUOTE, 0.0, f"The image says “{found.text}”.", found.lines)] if found.similarity == 1.0 else []


_TESTS: dict[str, Callable[[Asked, Vocabulary, str, Scene], list[Opinion]]] = {
    "present": _present, "count": _count, "place": _one_object(PLACE), "side": _one_object(PLACE),
    "beside": _one_object(PLACE), "color": _one_object(COLOR), "written": _written, "written_on": _written_on,
    "has_text": _has_text, "says": _says,
}  # fmt: skip
