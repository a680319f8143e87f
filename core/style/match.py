"""The match score: the distance of an image to a set of references, divided by the spread of the set.

About 1 means "as close to the references as they are to each other". Style has no absolute scale: raw distances and
cosine similarities of embeddings become comparable only after this division. The thresholds were chosen on the
synthetic styles of bench/style.py.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.style.features import DIMENSIONS, Array, StyleFeatures, span

COPY_DISTANCE_BITS = 40
"""Of 256 bits; unrelated images differ in about 128. A crop of 5 % exceeds it, so some copies are missed."""

COPY_DISTANCE_SHARE = 0.35
"""Differing bits over bits set in either hash, at most: two images with few set bits are not copies."""

_MIN_SET_BITS = 16  # hashes with fewer set bits are of plain images, which are never called copies

_MAX_FITTING, _MAX_NEAR = 1.3, 1.8  # ratios up to which an image "fits" and is "a little off"
USUAL_SPREAD = {
    "palette": 9.0, "light": 11.0, "chroma": 7.0, "hue": 0.016,
    "edge": 0.16, "texture": 0.012, "bands": 0.24, "overall": 7.0,
}  # fmt: skip
"""Spread of ordinary sets in each dimension, in its own unit. It replaces the spread of a single reference."""

_MAX_RANKED = 200  # images of the style dataset that the percentile is computed from

_DIRECTIONS = {
    "lightness": ("lighter", "darker"),
    "contrast": ("more contrast", "less contrast"),
    "chroma": ("more colorful", "more muted"),
    "warmth": ("warmer", "cooler"),
    "red-green": ("redder", "greener"),
    "shadow": ("more shadow", "less shadow"),
    "highlight": ("more highlight", "less highlight"),
}
# The overall values that can explain a difference in a dimension.
_EXPLAINED_BY = {
    "palette": ("warmth", "red-green", "chroma", "lightness"),
    "light": ("lightness", "contrast"),
    "chroma": ("chroma",),
    "hue": ("warmth", "red-green"),
    "overall": ("lightness", "contrast", "chroma", "warmth", "shadow", "highlight"),
}


@dataclass(frozen=True)
class DimensionMatch:
    """The match in one dimension of style."""

    dimension: str
    ratio: float
    """Distance to the references divided by their distance to each other."""
    word: str
    """"fits", "a little off" or "off", followed by the direction where there is a word for it: "off: darker"."""


@dataclass(frozen=True)
class CopyMatch:
    """The image that a result looks like a copy of; *distance_bits* of 256 differ."""

    reference_id: str
    distance_bits: int
    mirrored: bool


@dataclass(frozen=True)
class Match:
    """How well an image matches the style of references."""

    score: float
    """Root mean square of the ratios, so that one dimension that is far off is not averaged away. Lower is closer."""
    word: str
    """"fits", "a little off" or "off"."""
    dimensions: tuple[DimensionMatch, ...]
    percentile: int | None
    """Percent of the images of the style dataset that match less well; None with fewer than five images."""
    copy: CopyMatch | None
    reference_count: int

    def to_json(self) -> dict[str, Any]:
        """Return the match as JSON values."""
        return asdict(self)


def match_style(
    image: StyleFeatures, references: Sequence[StyleFeatures], dataset: Sequence[StyleFeatures] = ()
) -> Match:
    """Compare *image* with *references*; the percentile is its rank among the images of *dataset*.

    Raises:
        ValueError: there are no references.
    """
    if not references:
        raise ValueError("There are no references to compare with.")
    vectors = np.stack([reference.vector for reference in references])
    spread = spreads(vectors)
    ratios = distances_to_set(image.vector, vectors) / spread
    dimensions = tuple(
        DimensionMatch(name, round(float(ratio), 3), _word(name, float(ratio), image, references))
        for name, ratio in zip(DIMENSIONS, ratios, strict=True)
    )
    score = _score(ratios)
    return Match(
        score=round(score, 3),
        word=_closeness(score),
        dimensions=dimensions,
        percentile=_percentile(score, vectors, spread, dataset),
        copy=None,
        reference_count=len(references),
    )


def find_copy(image: StyleFeatures, others: Sequence[tuple[str, StyleFeatures]]) -> CopyMatch | None:
    """Return the closest of *others* (id and features) of which *image* or its mirror image is a copy, if any."""
    if not others:
        return None
    hashes = np.stack([np.frombuffer(other.content_hash, np.uint8) for _, other in others])
    upright, mirrored = (copy_distances(own, hashes) for own in (image.content_hash, image.mirror_hash))
    nearest = np.minimum(upright, mirrored)
    index = int(nearest.argmin())
    if nearest[index] > COPY_DISTANCE_BITS:
        return None
    return CopyMatch(others[index][0], int(nearest[index]), bool(mirrored[index] < upright[index]))


def copy_distances(content_hash: bytes, hashes: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return the Hamming distance of *content_hash* to each of *hashes*, 256 where it cannot be a copy.

    Args:
        content_hash: 32 bytes.
        hashes: shape ``(count, 32)``; the result has shape ``(count,)``.
    """
    own, others = np.frombuffer(content_hash, np.uint64), np.ascontiguousarray(hashes).view(np.uint64)
    differing: NDArray[np.int64] = np.bitwise_count(others ^ own).sum(axis=1).astype(np.int64)
    either = np.bitwise_count(others | own).sum(axis=1)
    is_copy = (differing <= COPY_DISTANCE_SHARE * either) & (either >= _MIN_SET_BITS)
    return np.where(is_copy, differing, 256)


def distances_to_set(vector: Array, vectors: Array) -> Array:
    """Return the mean distance in each dimension, shape ``(len(DIMENSIONS),)``.

    Args:
        vector: shape ``(LENGTH,)``.
        vectors: the set, shape ``(count, LENGTH)``.
    """
    mean: Array = by_dimension(np.abs(vectors - vector)).mean(axis=0)
    return mean


def by_dimension(differences: Array) -> Array:
    """Average the values of each dimension: ``(..., LENGTH)`` to ``(..., len(DIMENSIONS))``."""
    return np.stack([differences[..., span(name)].mean(axis=-1) for name in DIMENSIONS], axis=-1)


def spreads(vectors: Array) -> Array:
    """Return the mean leave-one-out distance of a set ``(count, LENGTH)`` in each dimension, ``(len(DIMENSIONS),)``.

    At least an eighth of the usual spread: identical references would otherwise make every distance infinite.
    """
    usual = np.array([USUAL_SPREAD[name] for name in DIMENSIONS], dtype=np.float32)
    if len(vectors) < 2:
        return usual
    spread: Array = np.maximum(_leave_one_out(vectors).mean(axis=0), usual / 8)
    return spread


def _leave_one_out(vectors: Array) -> Array:
    """Return the mean distance of each row to all others in each dimension, shape ``(count, len(DIMENSIONS))``."""
    rows = [by_dimension(np.abs(vectors - vector)).sum(axis=0) for vector in vectors]
    means: Array = np.stack(rows) / (len(vectors) - 1)
    return means


def _percentile(score: float, references: Array, spread: Array, dataset: Sequence[StyleFeatures]) -> int | None:
    if len(dataset) < 5:
        return None
    step = -(-len(dataset) // _MAX_RANKED)
    own = [_own_score(features.vector, references, spread) for features in dataset[::step]]
    return round(100 * float(np.mean([other > score for other in own])))


def _own_score(vector: Array, references: Array, spread: Array) -> float:
    """Return the score of an image of the dataset; if it is a reference, against the other references."""
    others = references[~(references == vector).all(axis=1)]
    return _score(distances_to_set(vector, others) / spread) if len(others) else 0.0


def _score(ratios: Array) -> float:
    return float(np.sqrt((ratios**2).mean()))


def _closeness(ratio: float) -> str:
    return "fits" if ratio <= _MAX_FITTING else "a little off" if ratio <= _MAX_NEAR else "off"


def _word(dimension: str, ratio: float, image: StyleFeatures, references: Sequence[StyleFeatures]) -> str:
    closeness = _closeness(ratio)
    direction = "" if closeness == "fits" else _direction(dimension, image, references)
    return f"{closeness}: {direction}" if direction else closeness


def _direction(dimension: str, image: StyleFeatures, references: Sequence[StyleFeatures]) -> str:
    """Return a word for how the image differs from the references."""
    if dimension in ("edge", "texture", "bands"):
        name = "bands" if dimension == "texture" else dimension
        mean = np.mean([reference.group(name).mean() for reference in references])
        harder = float(image.group(name).mean() - mean) > 0
        words = ("harder edges", "softer edges") if dimension == "edge" else ("rougher", "smoother")
        return words[0] if harder else words[1]
    names = _EXPLAINED_BY[dimension]
    shifts = {
        name: image.overall(name) - float(np.mean([reference.overall(name) for reference in references]))
        for name in names
    }
    largest = max(names, key=lambda name: abs(shifts[name]))
    return _DIRECTIONS[largest][0 if shifts[largest] > 0 else 1]
