"""The results of the analyzers, as they are returned and stored.

Boxes are left, top, right, bottom in px of the upright original; scores are 0 to 1.
"""

from dataclasses import dataclass
from typing import NotRequired, TypedDict


class TextLine(TypedDict):
    text: str
    score: float
    box_xyxy: list[float]


class TextResult(TypedDict):
    """The lines of text in an image, in reading order."""

    lines: list[TextLine]


class ObjectItem(TypedDict):
    label: str
    score: float
    box_xyxy: list[float]


class ObjectsResult(TypedDict):
    """The objects in an image, the most certain first."""

    items: list[ObjectItem]
    faint: NotRequired[dict[str, float]]
    """Labels with something of too low a score to be an object, and the best of these scores, from 0.05 on: what is
    neither here nor an object was not even suspected. Missing for vision models, which state no scores."""


class TagItem(TypedDict):
    tag: str
    score: float


class TagsResult(TypedDict):
    """Words for an image; those that a person removed are not proposed again."""

    tags: list[TagItem]
    removed: NotRequired[list[str]]


class CaptionResult(TypedDict):
    caption: str


class EmbeddingResult(TypedDict):
    """Which vectors were made; they are rows of ``ImageVectors``."""

    kinds: list[str]


class ProvenanceResult(TypedDict):
    """What the Content Credentials of the file say."""

    state: str
    """``none``; ``valid``: the signature fits the file, by a signer on no list of trust; ``trusted``; ``invalid``."""
    signer: str
    generator: str
    """The program that wrote them."""
    ai_made: bool
    """They say that a model made the image or a part of it."""
    edited: bool
    problems: list[str]
    """Codes of what is wrong or not proven, as C2PA names them."""


@dataclass(frozen=True)
class Finding:
    """A label that was found in an image, for filters and facets."""

    label: str
    count: int
    score: float
