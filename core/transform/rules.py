"""Which change breaks which question: a variant is made only of what stays true."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from core.transform.boxes import Box
from core.transform.words import Aspect, aspects_in, is_as_declared, knows

_BY_KIND: Mapping[str, frozenset[Aspect]] = {
    "count": frozenset({"count"}),
    "position": frozenset({"position"}),
    "text": frozenset({"text"}),
    "yes/no": frozenset({"contents"}),
}
"""What the kind of a question says of it; the words of question and answer say the rest."""

_COVERED: Mapping[Aspect, str] = {
    "count": "something that is counted could disappear",
    "position": "what the question names by its place could disappear",
    "side": "what the question names by its place could disappear",
    "text": "a part of the text could disappear",
    "contents": "what the question asks for could disappear",
}
_TONE: Mapping[Aspect, str] = {
    "light": "the question is about light, which changes",
    "color": "the question is about color, which changes",
}
_NUMBERS = "the answer has numbers of pixels, which change"

BREAKS: Mapping[str, Mapping[Aspect, str]] = {
    "flip": {
        "side": "left and right change places",
        "text": "text would be in mirror writing",
        "coordinates": _NUMBERS,
    },
    "rotate": {
        "angle": "the question is about angles, which change",
        "shape": "the question is about the shape of the image, which changes",
        "coordinates": _NUMBERS,
    },
    "crop": {
        **_COVERED,
        "shape": "the question is about the shape of the image, which changes",
        "coordinates": _NUMBERS,
    },
    "brightness": _TONE,
    "contrast": _TONE,
    "color": {"color": _TONE["color"]},
    "blur": {
        "text": "blurred text cannot be read",
        "quality": "the question is about sharpness, which changes",
    },
    "noise": {"quality": "the question is about the quality of the image, which changes"},
    "jpeg": {"quality": "the question is about the quality of the image, which changes"},
    "erase": _COVERED,
    "grayscale": {"color": "the question is about color, which is lost"},
    "redact": {**_COVERED, "color": "the color of a redacted part is lost"},
    "resize": {"coordinates": _NUMBERS},
    "pad": {"coordinates": _NUMBERS, "shape": "the question is about the shape of the image, which changes"},
}
"""By operation: why it breaks a question that depends on an aspect. A test holds the table of kinds and operations."""

TEXT_ON_IMAGE = "the image has text on it, which would be in mirror writing"
TURNED_BOXES = "a turned box is no box any more"
UNKNOWN_LANGUAGE = "no list of words for its language"


class Asked(NamedTuple):
    """What has to be known of an entry: its question and answer, and its boxes on the image in question."""

    kind: str
    question: str
    answer: str
    language: str
    boxes: Sequence[Box] = ()


def aspects_of(asked: Asked) -> frozenset[Aspect]:
    """Return what a question with its answer depends on."""
    found = set(_BY_KIND.get(asked.kind, frozenset()))
    found |= aspects_in(asked.question, asked.language) | aspects_in(asked.answer, asked.language)
    return frozenset(found)


def broken_by(operation: str, asked: Asked, *, has_text: bool = False) -> str:
    """Return why *operation* breaks a question; empty when question and answer stay true.

    Args:
        has_text: whether the image is known to have text on it.
    """
    if not knows(asked.language) or not is_as_declared(f"{asked.question} {asked.answer}", asked.language):
        return UNKNOWN_LANGUAGE
    if operation == "flip" and has_text:
        return TEXT_ON_IMAGE
    if operation == "rotate" and asked.boxes:
        return TURNED_BOXES
    reasons, aspects = BREAKS.get(operation, {}), aspects_of(asked)
    return next((reason for aspect, reason in reasons.items() if aspect in aspects), "")
