"""Which images of a style dataset stand for its style: close in style, different in content.

Greedy maximal marginal relevance (Carbonell and Goldstein 1998): each pick is the one that is most typical and
least like what is already chosen. Typical means close to its nearest neighbours, which keeps outliers away;
plain farthest-point picking would collect them. Everything is deterministic.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.style.features import DIMENSIONS, Array, StyleFeatures, span
from core.style.match import COPY_DISTANCE_BITS, USUAL_SPREAD, by_dimension, repeats

RELEVANCE_SHARE = 0.6
"""The lambda of the method: what being typical counts against being different from the chosen."""

# Chosen on the synthetic sets of bench/style.py; none of them is sensitive.
_NEIGHBOURS = 10
_ANCHORS = 1024
_COMPONENTS = 24
_SAME_SHARE = 0.2  # nearer than this share of the usual distance between neighbours: one image in two versions
_OUTLIER_DEVIATIONS = 4.0  # robust standard deviations of the distance to the neighbours
_FEWEST_FOR_OUTLIERS = 8  # in a smaller set nothing can be called odd

NEAR_DUPLICATE = "looks like one that is already chosen"
OUTLIER = "unlike the rest of the set"
SWITCHED_OFF = "switched off"
NOT_MEASURED = "not analysed yet"
ENOUGH = "enough references without it"
PINNED = "pinned by you"
IN_ORDER = "next in order, not analysed yet"

_OPEN, _OUT, _SAME, _TAKEN = range(4)
_WHY = (ENOUGH, OUTLIER, NEAR_DUPLICATE, "")

_TRAITS = {
    "lightness": ("bright light", "low light"),
    "contrast": ("strong contrast", "soft contrast"),
    "chroma": ("strong colors", "muted colors"),
    "red-green": ("red tones", "green tones"),
    "warmth": ("warm tones", "cool tones"),
    "shadow": ("deep shadow", "open shadow"),
    "highlight": ("highlights", "few highlights"),
}
# What a difference of one is worth in each, so that they can be compared: units of L*, C* and percent.
_TRAIT_UNIT = {
    "lightness": 10.0, "contrast": 6.0, "chroma": 10.0, "red-green": 10.0,
    "warmth": 10.0, "shadow": 20.0, "highlight": 20.0,
}  # fmt: skip

_WORTH_SAYING = 0.4
_TYPICAL = {
    "palette": "palette", "light": "light", "chroma": "color strength", "hue": "hues",
    "edge": "edges", "texture": "texture", "bands": "detail", "overall": "mood",
}  # fmt: skip


@dataclass(frozen=True)
class Candidate:
    id: str
    features: StyleFeatures | None


@dataclass(frozen=True)
class Pick:
    id: str
    reason: str
    pinned: bool = False


@dataclass(frozen=True)
class Choice:
    picks: tuple[Pick, ...]
    left_out: dict[str, str]
    """Why each of the others is not among them, by id."""


def choose_references(
    candidates: Sequence[Candidate], count: int, *, pinned: Sequence[str] = (), excluded: Collection[str] = ()
) -> Choice:
    """Choose up to *count* of *candidates*: the pinned ones first and in their order, the excluded never.

    Images without features come last, in their order.
    """
    off = set(excluded)
    known = {candidate.id for candidate in candidates}
    first = [id_ for id_ in dict.fromkeys(pinned) if id_ in known and id_ not in off][: max(count, 0)]
    measured = {c.id: c.features for c in candidates if c.features is not None and c.id not in off}
    left_out = {c.id: SWITCHED_OFF if c.id in off else NOT_MEASURED for c in candidates}
    picks = [Pick(id_, PINNED, pinned=True) for id_ in first]
    if measured:
        ids, features = list(measured), list(measured.values())
        place = {id_: index for index, id_ in enumerate(ids)}
        start = [place[id_] for id_ in first if id_ in place]
        chosen, why_not = pick_diverse(
            style_points(features), count - len(first), start=start, hashes=_hashes(features)
        )
        left_out |= {ids[index]: why for index, why in why_not.items()}
        picks += _with_reasons(ids, features, start, chosen)
    unmeasured = [c.id for c in candidates if c.features is None and c.id not in off and c.id not in first]
    picks += [Pick(id_, IN_ORDER) for id_ in unmeasured[: max(count - len(picks), 0)]]
    for pick in picks:
        del left_out[pick.id]
    return Choice(tuple(picks), left_out)


def style_points(features: Sequence[StyleFeatures]) -> Array:
    """Return points whose Euclidean distance gives every dimension of style the same say."""
    points: Array = np.stack([f.vector for f in features])
    for name, length in DIMENSIONS.items():
        points[:, span(name)] /= USUAL_SPREAD[name] * length**0.5
    return points


def pick_diverse(
    points: Array,
    count: int,
    *,
    start: Sequence[int] = (),
    hashes: tuple[NDArray[np.uint8], NDArray[np.uint8]] | None = None,
) -> tuple[list[int], dict[int, str]]:
    """Pick up to *count* rows of *points* beside those of *start*; return them and why the others are not.

    *hashes* are the content hashes of the rows and of their mirror images.
    """
    points = _principal(points)
    distance, usual = _neighbour_distance(points)
    relevance = np.exp(-distance / usual)
    state = np.where(_outliers(distance), _OUT, _OPEN)
    redundancy = np.zeros(len(points), dtype=np.float32)
    picked: list[int] = []
    for index in start:
        _take(index, points, usual, hashes, redundancy, state)
    while len(picked) < count and (state == _OPEN).any():
        score = RELEVANCE_SHARE * relevance - (1 - RELEVANCE_SHARE) * redundancy
        # Rounded, so that the last digits of another machine's arithmetic do not change the choice.
        best = int(np.where(state == _OPEN, np.round(score, 5), -np.inf).argmax())
        picked.append(best)
        _take(best, points, usual, hashes, redundancy, state)
    taken = {*start, *picked}
    return picked, {index: _WHY[why] for index, why in enumerate(state.tolist()) if index not in taken}


def _take(
    index: int,
    points: Array,
    usual: float,
    hashes: tuple[NDArray[np.uint8], NDArray[np.uint8]] | None,
    redundancy: Array,
    state: NDArray[np.int_],
) -> None:
    """Count row *index* as chosen: what is like it loses, what repeats it is out."""
    distance = np.sqrt(((points - points[index]) ** 2).sum(axis=1))
    np.maximum(redundancy, np.exp(-distance / usual), out=redundancy)
    same = distance < _SAME_SHARE * usual
    if hashes is not None:
        upright, mirrored = hashes
        own = upright[index].tobytes()
        same |= np.minimum(repeats(own, upright), repeats(own, mirrored)) <= COPY_DISTANCE_BITS
    state[same & (state == _OPEN)] = _SAME
    state[index] = _TAKEN


def _principal(points: Array) -> Array:
    """Return the points in their main directions: distances stay, and 10,000 points take a tenth of the time."""
    centred: Array = points - points.mean(axis=0)
    if points.shape[1] <= _COMPONENTS:
        return centred
    anchors = centred[:: -(-len(points) // _ANCHORS)]
    _, directions = np.linalg.eigh(anchors.T @ anchors)
    reduced: Array = (centred @ directions[:, -_COMPONENTS:]).astype(np.float32)
    return reduced


def _neighbour_distance(points: Array) -> tuple[Array, float]:
    """Return the mean distance of each point to its nearest neighbours, and the median of it.

    Neighbours are looked for among evenly spaced anchors. Points that are the same image in two versions do not
    count as neighbours: many copies do not make an image typical.
    """
    anchors = points[:: -(-len(points) // _ANCHORS)]
    squared = (points**2).sum(axis=1)[:, None] - 2 * points @ anchors.T + (anchors**2).sum(axis=1)
    distance = np.sqrt(np.maximum(squared, 0))
    neighbours = min(_NEIGHBOURS, max(1, (len(anchors) - 1) // 2), len(anchors) - 1)
    if neighbours < 1:
        return np.zeros(len(points), dtype=np.float32), 1.0
    some = distance[:: -(-len(points) // _ANCHORS)]
    nearest = np.partition(some, neighbours, axis=1)[:, neighbours]
    same = _SAME_SHARE * float(np.median(nearest))
    distance[distance <= same] = np.inf
    nearest = np.partition(distance, neighbours - 1, axis=1)[:, :neighbours]
    mean: Array = np.where(np.isfinite(nearest), nearest, same).mean(axis=1)
    return mean, max(float(np.median(mean)), 1e-6)


def _outliers(distance: Array) -> NDArray[np.bool_]:
    if len(distance) < _FEWEST_FOR_OUTLIERS:
        return np.zeros(len(distance), dtype=bool)
    middle = np.median(distance)
    deviation = 1.4826 * np.median(np.abs(distance - middle))
    odd: NDArray[np.bool_] = distance > middle + _OUTLIER_DEVIATIONS * max(deviation, 0.1 * middle)
    return odd


def _hashes(features: Sequence[StyleFeatures]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    upright = np.stack([np.frombuffer(f.content_hash, np.uint8) for f in features])
    mirrored = np.stack([np.frombuffer(f.mirror_hash, np.uint8) for f in features])
    return upright, mirrored


def _with_reasons(
    ids: Sequence[str], features: Sequence[StyleFeatures], start: Sequence[int], chosen: Sequence[int]
) -> list[Pick]:
    traits = np.array([[f.overall(name) / unit for name, unit in _TRAIT_UNIT.items()] for f in features])
    vectors = np.stack([f.vector for f in features])
    off = by_dimension(np.abs(vectors - np.median(vectors, axis=0)))
    # In which dimension an image is most typical is a matter of rank: the dimensions have different units.
    rank = off.argsort(axis=0, kind="stable").argsort(axis=0, kind="stable")
    picks, earlier = [], list(start)
    for index in chosen:
        added = _addition(traits[index], traits[earlier]) if earlier else None
        typical = _TYPICAL[list(DIMENSIONS)[int(rank[index].argmin())]]
        picks.append(Pick(ids[index], f"adds {added}" if added else f"typical {typical}"))
        earlier.append(index)
    return picks


def _addition(own: Array, earlier: Array) -> str | None:
    """Say what goes most beyond all the earlier ones; None when nothing does by much."""
    above, below = own - earlier.max(axis=0), earlier.min(axis=0) - own
    beyond = np.maximum(above, below)
    most = int(beyond.argmax())
    if beyond[most] < _WORTH_SAYING:
        return None
    more, less = _TRAITS[list(_TRAIT_UNIT)[most]]
    return more if above[most] > below[most] else less
