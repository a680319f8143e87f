"""Chooses references: images of a style dataset that are typical of its style and different from each other.

Greedy maximal marginal relevance (Carbonell and Goldstein 1998): each pick has the highest
``lambda * relevance - (1 - lambda) * similarity to the nearest pick``. Relevance decreases with the distance to the
nearest neighbors, so that outliers are not picked; farthest-point sampling (Gonzalez 1985) would pick them first.
The choice is deterministic.
"""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from core.style.features import DIMENSIONS, Array, StyleFeatures, span
from core.style.match import COPY_DISTANCE_BITS, USUAL_SPREAD, by_dimension, copy_distances
from core.style.shown import ShownContents, contents_of

RELEVANCE_SHARE = 0.6
"""The lambda of maximal marginal relevance: the weight of relevance against diversity."""

# Chosen on the synthetic sets of bench/style.py; the result is not sensitive to them.
_NEIGHBORS = 10
_MAX_ANCHORS = 1024  # points among which neighbors are searched
_COMPONENTS = 24  # principal components that are kept
_DUPLICATE_SHARE = 0.2  # of the median distance between neighbors: closer points are versions of one image
_OUTLIER_DEVIATIONS = 4.0  # robust standard deviations of the distance to the neighbors
_MIN_FOR_OUTLIERS = 8  # a smaller set has no outliers
_ROUND_DIGITS = 5  # of scores, so that the rounding errors of another machine do not change the choice

NEAR_DUPLICATE = "near-duplicate of a chosen one"
OUTLIER = "unlike the rest of the style dataset"
EXCLUDED = "switched off"
TEXT = "mostly text, unlike the others"
NOT_ANALYZED = "not measured yet"
ENOUGH = "not needed, enough others were chosen"
PINNED = "pinned by you"
IN_ORDER = "next in order, not measured yet"
OTHER_CONTENT = "shows something else"
"""Added to the reason of a reference whose vector is unlike those of the references before it."""

_AVAILABLE, _OUTLIER, _DUPLICATE, _PICKED = range(4)  # states of a point
_REASONS = (ENOUGH, OUTLIER, NEAR_DUPLICATE, "")  # why a point of each state is not picked

# Labels for a reference above and below all earlier ones in an overall value.
_TRAITS = {
    "lightness": ("bright light", "low light"),
    "contrast": ("strong contrast", "soft contrast"),
    "chroma": ("strong colors", "muted colors"),
    "red-green": ("red tones", "green tones"),
    "warmth": ("warm tones", "cool tones"),
    "shadow": ("deep shadow", "open shadow"),
    "highlight": ("highlights", "few highlights"),
}
# Divisors that make differences of the overall values comparable: units of L*, C*, a*, b* and percent.
_TRAIT_UNIT = {
    "lightness": 10.0, "contrast": 6.0, "chroma": 10.0, "red-green": 10.0,
    "warmth": 10.0, "shadow": 20.0, "highlight": 20.0,
}  # fmt: skip

_MIN_TRAIT_DIFFERENCE = 0.4  # in units of _TRAIT_UNIT; a smaller difference is not named
# Labels for a reference that is most typical in a dimension.
_TYPICAL = {
    "palette": "palette", "light": "light", "chroma": "color strength", "hue": "hues",
    "edge": "edges", "texture": "texture", "bands": "detail", "overall": "mood",
}  # fmt: skip


@dataclass(frozen=True)
class Candidate:
    """An image of a style dataset; *features* is None when it was not measured yet."""

    id: str
    features: StyleFeatures | None
    vector: Array | None = None
    """Of what the image shows, of length 1; all of one kind. None where there is none."""


@dataclass(frozen=True)
class Pick:
    """A chosen reference and the reason in words."""

    id: str
    reason: str
    pinned: bool = False


@dataclass(frozen=True)
class Choice:
    """The references in the order in which they are sent, and the reason why each other image is not sent, by id."""

    picks: tuple[Pick, ...]
    left_out: dict[str, str]


def choose_references(
    candidates: Sequence[Candidate],
    count: int,
    *,
    pinned: Sequence[str] = (),
    excluded: Collection[str] = (),
    texts: Collection[str] = (),
) -> Choice:
    """Choose up to *count* of *candidates*; those without features come last, in their order.

    Args:
        candidates: the images of the style dataset.
        count: references wanted; zero or less chooses none.
        pinned: ids that are chosen first, in this order.
        excluded: ids that are never chosen, pinned or not.
        texts: ids of images that are mostly text: they are chosen only when they are pinned.
    """
    off = {*excluded, *(set(texts) - set(pinned))}
    known = {candidate.id for candidate in candidates}
    first = [id_ for id_ in dict.fromkeys(pinned) if id_ in known and id_ not in off][: max(count, 0)]
    all_features = {c.id: c.features for c in candidates if c.features is not None}
    measured = {id_: found for id_, found in all_features.items() if id_ not in off}
    left_out = {c.id: _reason_before(c.id, excluded, off) for c in candidates}
    picks = [Pick(id_, PINNED, pinned=True) for id_ in first]
    if measured:
        ids, features = list(measured), list(measured.values())
        index_of = {id_: index for index, id_ in enumerate(ids)}
        already_picked = [index_of[id_] for id_ in first if id_ in index_of]
        contents = contents_of([c.vector for c in candidates if c.id in measured])
        # The components of all of them: they stay the same while images are switched on and off.
        points = principal(style_points(list(all_features.values())))
        chosen, reasons = pick_diverse(
            points[[id_ in measured for id_ in all_features]], count - len(first),
            already_picked=already_picked, hashes=_hashes(features), contents=contents,
        )  # fmt: skip
        left_out |= {ids[index]: reason for index, reason in reasons.items()}
        picks += _with_reasons(ids, features, already_picked, chosen, contents)
    unmeasured = [c.id for c in candidates if c.features is None and c.id not in off and c.id not in first]
    picks += [Pick(id_, IN_ORDER) for id_ in unmeasured[: max(count - len(picks), 0)]]
    for pick in picks:
        del left_out[pick.id]
    return Choice(tuple(picks), left_out)


def _reason_before(id_: str, excluded: Collection[str], off: Collection[str]) -> str:
    return EXCLUDED if id_ in excluded else TEXT if id_ in off else NOT_ANALYZED


def style_points(features: Sequence[StyleFeatures]) -> Array:
    """Return points ``(count, LENGTH)`` in whose Euclidean distance every dimension of style has the same weight."""
    points: Array = np.stack([f.vector for f in features])
    for name, length in DIMENSIONS.items():
        points[:, span(name)] /= USUAL_SPREAD[name] * length**0.5
    return points


def pick_diverse(
    points: Array,
    count: int,
    *,
    already_picked: Sequence[int] = (),
    hashes: tuple[NDArray[np.uint8], NDArray[np.uint8]] | None = None,
    contents: Array | None = None,
) -> tuple[list[int], dict[int, str]]:
    """Pick rows of *points* by maximal marginal relevance.

    With *contents* a row is redundant by the mean of two similarities to the picks: of style, and of what is shown.
    Relevance is that of style alone.

    Args:
        points: shape ``(n, dimensions)``, one row for each image.
        count: rows to pick in addition to *already_picked*.
        already_picked: indexes of the rows that are picked before.
        hashes: content hashes of the images and of their mirror images, each of shape ``(n, 32)``.
        contents: vectors of length 1, shape ``(n, values)``; NaN where there is none.

    Returns:
        The indexes of the picked rows in their order, and for every other row the reason why it is not picked.
    """
    points = principal(points)
    distance, median_distance = _neighbor_distance(points)
    relevance = np.exp(-distance / median_distance)
    state = np.where(_outliers(distance), _OUTLIER, _AVAILABLE)
    redundancy = np.zeros(len(points), dtype=np.float32)
    shown = ShownContents(contents) if contents is not None else None
    picked: list[int] = []
    for index in already_picked:
        _pick(index, points, median_distance, hashes, redundancy, state, shown)
    while len(picked) < count and (state == _AVAILABLE).any():
        similar = (redundancy + shown.redundancy) / 2 if shown and shown.has_picks else redundancy
        score = RELEVANCE_SHARE * relevance - (1 - RELEVANCE_SHARE) * similar
        best = int(np.where(state == _AVAILABLE, np.round(score, _ROUND_DIGITS), -np.inf).argmax())
        picked.append(best)
        _pick(best, points, median_distance, hashes, redundancy, state, shown)
    chosen = {*already_picked, *picked}
    return picked, {index: _REASONS[value] for index, value in enumerate(state.tolist()) if index not in chosen}


def _pick(
    index: int,
    points: Array,
    median_distance: float,
    hashes: tuple[NDArray[np.uint8], NDArray[np.uint8]] | None,
    redundancy: Array,
    state: NDArray[np.int_],
    shown: ShownContents | None = None,
) -> None:
    """Mark row *index* as picked: raise the redundancy of similar rows and exclude its near-duplicates.

    Args:
        index: the row.
        points: shape ``(n, dimensions)``.
        median_distance: the median of the distances to the neighbors.
        hashes: as in ``pick_diverse``.
        redundancy: similarity to the nearest pick (0-1), shape ``(n,)``; changed in place.
        state: the state of each row, shape ``(n,)``; changed in place.
        shown: what the images show; the row is added to its picks.
    """
    if shown is not None:
        shown.add(index)
    distance = np.sqrt(((points - points[index]) ** 2).sum(axis=1))
    np.maximum(redundancy, np.exp(-distance / median_distance), out=redundancy)
    duplicate = distance < _DUPLICATE_SHARE * median_distance
    if hashes is not None:
        upright, mirrored = hashes
        own = upright[index].tobytes()
        bits = np.minimum(copy_distances(own, upright), copy_distances(own, mirrored))
        duplicate |= bits <= COPY_DISTANCE_BITS
    state[duplicate & (state == _AVAILABLE)] = _DUPLICATE
    state[index] = _PICKED


def principal(points: Array) -> Array:
    """Project points ``(n, dimensions)`` on their principal components, ``(n, at most _COMPONENTS)``.

    Distances stay about the same, and 10,000 points take a tenth of the time.
    """
    centered: Array = points - points.mean(axis=0)
    if points.shape[1] <= _COMPONENTS:
        return centered
    anchors = centered[:: _stride(len(points))]
    reduced: Array = (centered @ _directions(anchors.astype(np.float32).tobytes(), points.shape[1])).astype(np.float32)
    return reduced


@lru_cache(maxsize=8)
def _directions(anchors: bytes, dimensions: int) -> Array:
    """Return the principal components of rows of single floats.

    They are kept, since the page Style asks for them at each of its runs: with the cores busy, the threads of the
    library of linear algebra wait for each other for seconds.
    """
    rows = np.frombuffer(anchors, np.float32).reshape(-1, dimensions)
    directions: Array = np.linalg.eigh(rows.T @ rows)[1][:, -_COMPONENTS:]
    return directions


def _neighbor_distance(points: Array) -> tuple[Array, float]:
    """Return the mean distance of each point to its nearest neighbors, shape ``(n,)``, and the median of these.

    Neighbors are searched among evenly spaced anchors. Versions of the same image do not count as neighbors: many
    copies do not make an image typical.
    """
    anchors = points[:: _stride(len(points))]
    squared = (points**2).sum(axis=1)[:, None] - 2 * points @ anchors.T + (anchors**2).sum(axis=1)
    distance = np.sqrt(np.maximum(squared, 0))
    neighbors = min(_NEIGHBORS, max(1, (len(anchors) - 1) // 2), len(anchors) - 1)
    if neighbors < 1:
        return np.zeros(len(points), dtype=np.float32), 1.0
    sample = distance[:: _stride(len(points))]
    nearest = np.partition(sample, neighbors, axis=1)[:, neighbors]
    duplicate = _DUPLICATE_SHARE * float(np.median(nearest))
    distance[distance <= duplicate] = np.inf
    nearest = np.partition(distance, neighbors - 1, axis=1)[:, :neighbors]
    mean: Array = np.where(np.isfinite(nearest), nearest, duplicate).mean(axis=1)
    return mean, max(float(np.median(mean)), 1e-6)


def _stride(count: int) -> int:
    """Return the step between rows that leaves at most ``_MAX_ANCHORS`` of *count*."""
    return math.ceil(count / _MAX_ANCHORS)


def _outliers(distance: Array) -> NDArray[np.bool_]:
    """Return which points are far from their neighbors, shape ``(n,)``.

    By the median absolute deviation, times 1.4826 to equal the standard deviation of a normal distribution
    (Leys et al. 2013).
    """
    if len(distance) < _MIN_FOR_OUTLIERS:
        return np.zeros(len(distance), dtype=bool)
    median = np.median(distance)
    deviation = 1.4826 * np.median(np.abs(distance - median))
    far: NDArray[np.bool_] = distance > median + _OUTLIER_DEVIATIONS * max(deviation, 0.1 * median)
    return far


def _hashes(features: Sequence[StyleFeatures]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return the content hashes and the mirror hashes, each of shape ``(n, 32)``."""
    upright = np.stack([np.frombuffer(f.content_hash, np.uint8) for f in features])
    mirrored = np.stack([np.frombuffer(f.mirror_hash, np.uint8) for f in features])
    return upright, mirrored


def _with_reasons(
    ids: Sequence[str],
    features: Sequence[StyleFeatures],
    already_picked: Sequence[int],
    chosen: Sequence[int],
    contents: Array | None = None,
) -> list[Pick]:
    """Return the rows *chosen* after those of *already_picked* as picks, each with its reason."""
    traits = np.array([[f.overall(name) / unit for name, unit in _TRAIT_UNIT.items()] for f in features])
    vectors = np.stack([f.vector for f in features])
    deviation = by_dimension(np.abs(vectors - np.median(vectors, axis=0)))
    # Ranks, since the dimensions have different units.
    rank = deviation.argsort(axis=0, kind="stable").argsort(axis=0, kind="stable")
    others = _showing_something_else(contents, already_picked, chosen) if contents is not None else set()
    picks, earlier = [], list(already_picked)
    for index in chosen:
        added = _distinctive_trait(traits[index], traits[earlier]) if earlier else None
        typical = _TYPICAL[list(DIMENSIONS)[int(rank[index].argmin())]]
        reason = f"adds {added}" if added else f"typical {typical}"
        picks.append(Pick(ids[index], f"{reason}, {OTHER_CONTENT}" if index in others else reason))
        earlier.append(index)
    return picks


def _showing_something_else(contents: Array, already_picked: Sequence[int], chosen: Sequence[int]) -> set[int]:
    """Return those of *chosen* that show something else than all before them."""
    shown, found = ShownContents(contents), set()
    for index in (*already_picked, *chosen):
        if index in chosen and shown.is_other(index):
            found.add(index)
        shown.add(index)
    return found


def _distinctive_trait(own: Array, earlier: Array) -> str | None:
    """Return the trait in which a reference exceeds all earlier ones most, None when no difference is large.

    Args:
        own: its overall values in comparable units, shape ``(len(_TRAIT_UNIT),)``.
        earlier: those of the earlier references, shape ``(count, len(_TRAIT_UNIT))``.
    """
    above, below = own - earlier.max(axis=0), earlier.min(axis=0) - own
    beyond = np.maximum(above, below)
    most = int(beyond.argmax())
    if beyond[most] < _MIN_TRAIT_DIFFERENCE:
        return None
    more, less = _TRAITS[list(_TRAIT_UNIT)[most]]
    return more if above[most] > below[most] else less
