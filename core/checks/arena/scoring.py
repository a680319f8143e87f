"""How good an answer of a model is, by a measure that follows from the type of the stored answer."""

from typing import NamedTuple

from core import verifiers
from core.dataset.vqa import normal_answer, vqa_accuracy

MIN_PEOPLE = 4
"""VQA accuracy reaches 1 when four people gave the answer, so questions that fewer answered are not scored by it."""
_MIN_VQA = 0.5
"""Two of ten people gave the answer."""


class Truth(NamedTuple):
    """What an answer is compared with."""

    answer: str
    answer_type: str
    kind: str = ""
    people: tuple[str, ...] = ()
    """All answers of people to the question about the image, with this one; empty when there is no other."""
    language: str = ""
    """Of the answers; empty for unknown."""


class Score(NamedTuple):
    """How good an answer is."""

    measure: str
    """``vqa``, ``anls``, ``exact``, ``number``, ``labels``, ``json`` or ``iou``."""
    value: float
    """0 to 1."""
    is_right: bool


def measure_of(truth: Truth) -> str | None:
    """Return the measure that scores answers; None for a description, which only a judge could score."""
    if truth.answer_type == "text" and len(truth.people) >= MIN_PEOPLE:
        return "vqa"
    verifier = verifiers.verifier_of(truth.answer, truth.answer_type, truth.kind, truth.language)
    if verifier is None:
        return None
    return "labels" if verifier.checker == "set" else verifier.checker


def score(truth: Truth, reply: str) -> Score | None:
    r"""Return how good the answer in a reply is; thinking and what is around ``<answer>`` or ``\boxed`` is left out."""
    measure, given = measure_of(truth), verifiers.final_answer(reply)
    if measure is None:
        return None
    if measure == "vqa":
        value = vqa_accuracy(given.lower(), [answer.lower() for answer in truth.people])
        return Score(measure, value, value >= _MIN_VQA)
    value = max(_verified(truth._replace(answer=answer), given) for answer in (truth.answer, *truth.people))
    return Score(measure, value, value > 0 if measure == "anls" else value == 1.0)


def f1_of_jaccard(share: float) -> float:
    """Return the F1 of two sets whose Jaccard index is *share*."""
    return 2 * share / (1 + share)


def _verified(truth: Truth, given: str) -> float:
    verifier = verifiers.verifier_of(truth.answer, truth.answer_type, truth.kind, truth.language)
    if verifier is None:
        return 0.0
    value = verifiers.score(*verifier, given)
    if verifier.checker == "set":
        return f1_of_jaccard(value)
    if verifier.checker == "exact" and normal_answer(truth.answer) == normal_answer(given) != "":
        return 1.0
    return value
