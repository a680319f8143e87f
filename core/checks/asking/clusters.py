"""Which of several answers to one question mean the same.

Numbers, labels and documents by value, texts by the cosine of their WordLlama vectors. Vectors hardly tell "left" from
"right" or one color from another, so words that decide an answer have to agree.
"""

import math
import re
from collections.abc import Sequence

import numpy as np

from core.checks.answers import answer_key, same_answer
from core.number_values import numbers_in
from core.vision import text_vectors

SAME_MEANING = 0.5
"""The least cosine: "couch" and "sofa" have 0.51, "dog" and "puppy" 0.56; "riding a horse on the beach" and "riding a
bike on the street" 0.38, "dog" and "cat" 0.14."""
_WORD = re.compile(r"\w+")
_NEGATION = frozenset(
    ("no", "not", "none", "never", "nothing", "nobody", "without", "cannot", "isn", "aren", "wasn", "don", "doesn")
)
_DECISIVE = """\
black white gray grey red orange yellow green blue purple pink brown beige gold silver
left right
above below over under top bottom up down
front behind back
inside outside indoors outdoors
man woman boy girl male female
day night morning evening
open closed
yes no"""
_ALTERNATIVES = tuple(frozenset(line.split()) for line in _DECISIVE.splitlines())
"""Of a line, both answers must have the same words if both have any."""


def clusters(answers: Sequence[str], answer_type: str, language: str = "") -> list[int]:
    """Return the number of the cluster of each answer, from 0 in the order in which they first appear."""
    is_text = answer_type == "text"
    vectors = text_vectors.embed([answer_key(answer, answer_type, language) for answer in answers]) if is_text else None
    leaders: list[int] = []
    found: list[int] = []
    for place, answer in enumerate(answers):
        for number, leader in enumerate(leaders):
            cosine = float(vectors[place] @ vectors[leader]) if vectors is not None else 0.0
            if _mean_the_same(answer, answers[leader], answer_type, language, cosine):
                found.append(number)
                break
        else:
            found.append(len(leaders))
            leaders.append(place)
    return found


def doubt(sizes: Sequence[int]) -> float:
    """Return how much answers are spread over clusters: their entropy, from 0 (one cluster) to 1 (no two alike).

    Semantic entropy (Farquhar et al., Nature 630, 2024), divided by that of answers of which no two mean the same.
    """
    total = sum(sizes)
    if total < 2:
        return 0.0
    shares = np.array([size for size in sizes if size], np.float64) / total
    return abs(float(-(shares * np.log(shares)).sum() / np.log(total)))


def _mean_the_same(one: str, other: str, answer_type: str, language: str, cosine: float) -> bool:
    if same_answer(one, other, answer_type, language) or same_answer(other, one, answer_type, language):
        return True
    if answer_type != "text" or cosine < SAME_MEANING:
        return False
    if _values(one, language) != _values(other, language):
        return False
    return _agree(answer_key(one, "text", language), answer_key(other, "text", language))


def _values(answer: str, language: str) -> set[float]:
    """Return the values of the numbers that can be read."""
    return {number.value for number in numbers_in(answer, language) if not math.isnan(number.value)}


def _agree(one: str, other: str) -> bool:
    words, others = set(_WORD.findall(one)), set(_WORD.findall(other))
    if bool(words & _NEGATION) != bool(others & _NEGATION):
        return False
    return all(not (words & some) or not (others & some) or words & some == others & some for some in _ALTERNATIVES)
