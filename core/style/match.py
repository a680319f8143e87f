"""How well an image fits a set: distances to the set, divided by the set's own spread.

About 1 means "as close to the references as they are to each other". There is no absolute scale of style: raw
distances and embedding cosines alike say little until they are divided by what is normal for the set.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.style.features import DIMENSIONS, Array, StyleFeatures, span

COPY_DISTANCE_BITS = 40
"""Of 256; unrelated images differ in about 128. A crop of 5 % evades it: it is an alarm, not a proof."""

COPY_DISTANCE_SHARE = 0.35
"""Of the bits that either has set: plain areas set none, and two plain images are not copies of each other."""

_FEWEST_BITS = 16

_CLOSE, _NEAR = 1.3, 1.8
USUAL_SPREAD = {
    "palette": 9.0, "light": 11.0, "chroma": 7.0, "hue": 0.016,
    "edge": 0.16, "texture": 0.012, "bands": 0.24, "overall": 7.0,
}  # fmt: skip
"""Of ordinary sets in each dimension: what a set of one is divided by, and an eighth of it the least for all."""

_MOST_JUDGED = 200

_OPPOSITES = {
    "lightness": ("lighter", "darker"),
    "contrast": ("more contrast", "less contrast"),
    "chroma": ("more colorful", "more muted"),
    "warmth": ("warmer", "cooler"),
    "red-green": ("redder", "greener"),
    "shadow": ("more shadow", "less shadow"),
    "highlight": ("more highlight", "less highlight"),
}
_TELLING = {
    "palette": ("warmth", "red-green", "chroma", "lightness"),
    "light": ("lightness", "contrast"),
    "chroma": ("chroma",),
    "hue": ("warmth", "red-green"),
    "overall": ("lightness", "contrast", "chroma", "warmth", "shadow", "highlight"),
}


@dataclass(frozen=True)
class DimensionMatch:
    dimension: str
    ratio: float
    """Distance to the references over their distance to each other."""
    word: str
    """"fits", "a little off" or "off", and in which direction when that can be said."""


@dataclass(frozen=True)
class CopyAlarm:
    """The reference that an image looks copied from; *distance_bits* of 256 differ."""

    reference_id: str
    distance_bits: int
    mirrored: bool


@dataclass(frozen=True)
class Match:
    score: float
    """The root mean square of the ratios, so that one dimension that is far off is not averaged away.

    Lower is closer; about 1 is as close as the references are to each other.
    """
    word: str
    dimensions: tuple[DimensionMatch, ...]
    percentile: int | None
    """Share of the style dataset's own images that fit less well, in percent; None for a set too small to say."""
    copy: CopyAlarm | None
    reference_count: int

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def match_style(
    image: StyleFeatures, references: Sequence[StyleFeatures], dataset: Sequence[StyleFeatures] = ()
) -> Match:
    """Compare *image* with the set of *references*; the percentile is taken among the images of *dataset*."""
    if not references:
        raise ValueError("there is nothing to compare with")
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


def find_copy(image: StyleFeatures, others: Sequence[tuple[str, StyleFeatures]]) -> CopyAlarm | None:
    """Return the closest of *others* (id and features) that *image* or its mirror image repeats, if any."""
    if not others:
        return None
    hashes = np.stack([np.frombuffer(other.content_hash, np.uint8) for _, other in others])
    upright, mirrored = (repeats(own, hashes) for own in (image.content_hash, image.mirror_hash))
    nearest = np.minimum(upright, mirrored)
    index = int(nearest.argmin())
    if nearest[index] > COPY_DISTANCE_BITS:
        return None
    return CopyAlarm(others[index][0], int(nearest[index]), bool(mirrored[index] < upright[index]))


def repeats(one: bytes, many: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return in how many bits each row of *many* differs from *one*; 256 where it is no copy in any case."""
    own, others = np.frombuffer(one, np.uint64), np.ascontiguousarray(many).view(np.uint64)
    differing: NDArray[np.int64] = np.bitwise_count(others ^ own).sum(axis=1).astype(np.int64)
    either = np.bitwise_count(others | own).sum(axis=1)
    alike = (differing <= COPY_DISTANCE_SHARE * either) & (either >= _FEWEST_BITS)
    return np.where(alike, differing, 256)


def distances_to_set(vector: Array, vectors: Array) -> Array:
    """Return the mean distance of *vector* to *vectors* in each dimension, shape ``(len(DIMENSIONS),)``."""
    mean: Array = by_dimension(np.abs(vectors - vector)).mean(axis=0)
    return mean


def by_dimension(differences: Array) -> Array:
    """Average the numbers of each dimension: ``(..., LENGTH)`` to ``(..., len(DIMENSIONS))``."""
    return np.stack([differences[..., span(name)].mean(axis=-1) for name in DIMENSIONS], axis=-1)


def spreads(vectors: Array) -> Array:
    """Return the mean leave-one-out distance of a set in each dimension.

    Never less than an eighth of what is usual: identical references would otherwise make every image infinitely far.
    """
    usual = np.array([USUAL_SPREAD[name] for name in DIMENSIONS], dtype=np.float32)
    if len(vectors) < 2:
        return usual
    spread: Array = np.maximum(_leave_one_out(vectors).mean(axis=0), usual / 8)
    return spread


def _leave_one_out(vectors: Array) -> Array:
    """Return the mean distance of each to all others in each dimension, shape ``(count, len(DIMENSIONS))``."""
    rows = [by_dimension(np.abs(vectors - vector)).sum(axis=0) for vector in vectors]
    means: Array = np.stack(rows) / (len(vectors) - 1)
    return means


def _percentile(score: float, references: Array, spread: Array, dataset: Sequence[StyleFeatures]) -> int | None:
    if len(dataset) < 5:
        return None
    step = -(-len(dataset) // _MOST_JUDGED)
    own = [_own_score(features.vector, references, spread) for features in dataset[::step]]
    return round(100 * float(np.mean([other > score for other in own])))


def _own_score(vector: Array, references: Array, spread: Array) -> float:
    """Return the score of an image of the dataset, without itself where it is one of the references."""
    others = references[~(references == vector).all(axis=1)]
    return _score(distances_to_set(vector, others) / spread) if len(others) else 0.0


def _score(ratios: Array) -> float:
    return float(np.sqrt((ratios**2).mean()))


def _closeness(ratio: float) -> str:
    return "fits" if ratio <= _CLOSE else "a little off" if ratio <= _NEAR else "off"


def _word(dimension: str, ratio: float, image: StyleFeatures, references: Sequence[StyleFeatures]) -> str:
    closeness = _closeness(ratio)
    direction = "" if closeness == "fits" else _direction(dimension, image, references)
    return f"{closeness}: {direction}" if direction else closeness


def _direction(dimension: str, image: StyleFeatures, references: Sequence[StyleFeatures]) -> str:
    """Say in one word how the image differs from the references, where the dimension has such words."""
    if dimension in ("edge", "texture", "bands"):
        name = "bands" if dimension == "texture" else dimension
        mean = np.mean([reference.group(name).mean() for reference in references])
        harder = float(image.group(name).mean() - mean) > 0
        words = ("harder edges", "softer edges") if dimension == "edge" else ("rougher", "smoother")
        return words[0] if harder else words[1]
    names = _TELLING[dimension]
    shifts = {
        name: image.overall(name) - float(np.mean([reference.overall(name) for reference in references]))
        for name in names
    }
    telling = max(names, key=lambda name: abs(shifts[name]))
    return _OPPOSITES[telling][0 if shifts[telling] > 0 else 1]
