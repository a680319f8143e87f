"""Whether the images of a set share a style; when they do not, the groups they fall into.

k-means (MacQueen 1967) on the points of :func:`core.style.references.style_points`, the best of several starts by
k-means++ (Arthur and Vassilvitskii 2007) with fixed seeds, so that the result is deterministic. The number of groups is
the one with the best mean silhouette (Rousseeuw 1987).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.style.features import DIMENSIONS, Array, StyleFeatures
from core.style.references import principal, style_points

MIN_IMAGES = 6
"""Fewer images are not divided."""
MAX_GROUPS = 8
MIN_SILHOUETTE = 0.45
"""Groups with a lower mean silhouette overlap: the images vary, and still share a style."""
MIN_SPREAD = 1.6
"""Mean distance between images, in distances of an ordinary set of one style; below it the set has one style.

Sets of one style by ``bench/style.py`` have 1.0 to 1.5, those of two styles 1.5 to 6.
"""
MIN_SPREAD_WITHOUT_GROUPS = 2.5
"""Images that far from each other have no single style, whether they fall into groups or not."""

_USUAL_DISTANCE = float(len(DIMENSIONS)) ** 0.5  # the usual spread is 1 in each dimension of a point
_ROUNDS = 20
_STARTS = 10  # one start often divides a group in two and takes two others for one
_MAX_POINTS = 400  # more images are divided by a sample of them
_WORDS = 3  # in the name of a group


@dataclass(frozen=True)
class StyleGroup:
    """Images of a style dataset that are alike; *label* has the words that tell them from the other groups."""

    label: str
    ids: tuple[str, ...]
    """Row ids, those nearest to the middle of the group first."""


@dataclass(frozen=True)
class Unity:
    """Whether images have a single style; if not, the groups they fall into, if any."""

    is_one_style: bool
    groups: tuple[StyleGroup, ...] = ()


def unity_of(ids: Sequence[str], features: Sequence[StyleFeatures], analyses: Sequence[dict[str, Any]]) -> Unity:
    """Return whether the images share a style, and their groups, the largest first; few images always share one.

    Args:
        ids: row ids of the images.
        features: of each of them.
        analyses: of each of them, for the labels of the groups.
    """
    if len(ids) < MIN_IMAGES:
        return Unity(is_one_style=True)
    points = principal(style_points(features))
    sample = points[:: -(-len(points) // _MAX_POINTS)]
    spread, centers = _division(sample.astype(np.float32).tobytes(), sample.shape[1])
    if centers is None:
        return Unity(is_one_style=spread < MIN_SPREAD_WITHOUT_GROUPS)
    return Unity(is_one_style=False, groups=_groups(ids, points, centers, analyses))


def _groups(
    ids: Sequence[str], points: Array, centers: Array, analyses: Sequence[dict[str, Any]]
) -> tuple[StyleGroup, ...]:
    distance = _distances(points, centers)
    nearest = distance.argmin(axis=1)
    members = [[int(row) for row in np.flatnonzero(nearest == group)] for group in range(len(centers))]
    for group, rows in enumerate(members):
        rows.sort(key=lambda row: float(distance[row, group]))
    members.sort(key=len, reverse=True)
    labels = _labels([[analyses[row] for row in rows] for rows in members])
    return tuple(
        StyleGroup(label, tuple(ids[row] for row in rows)) for label, rows in zip(labels, members, strict=True)
    )


@lru_cache(maxsize=8)
def _division(sample: bytes, dimensions: int) -> tuple[float, Array | None]:
    """Return how far points of single floats are from each other, and the centers of their groups; kept for pages."""
    points = np.frombuffer(sample, np.float32).reshape(-1, dimensions)
    spread = _mean_distance(points) / _USUAL_DISTANCE
    return spread, _best_centers(points) if spread >= MIN_SPREAD else None


def _mean_distance(points: Array) -> float:
    distance = _distances(points, points)
    return float(distance.sum() / max(len(points) * (len(points) - 1), 1))


def _distances(points: Array, others: Array) -> Array:
    squared = (points**2).sum(axis=1)[:, None] - 2 * points @ others.T + (others**2).sum(axis=1)
    found: Array = np.sqrt(np.maximum(squared, 0))
    return found


def _best_centers(points: Array) -> Array | None:
    """Return the centers of the division with the best silhouette; None when the groups overlap."""
    distance = _distances(points, points)
    best, best_score = None, MIN_SILHOUETTE
    for count in range(2, min(MAX_GROUPS, len(points) // 2) + 1):
        centers, nearest = _k_means(points, count)
        sizes = np.bincount(nearest, minlength=count)
        if sizes.min() < 2:  # one image that is unlike the others is no group
            continue
        score = _silhouette(distance, nearest, count)
        if score > best_score + 0.02:  # of nearly equal divisions the one into fewer groups
            best, best_score = centers, score
    return best


def _k_means(points: Array, count: int) -> tuple[Array, NDArray[np.intp]]:
    """Return the centers nearest to the points, of several starts, and the number of the center of each point."""
    found = [_moved(points, _first_centers(points, count, seed)) for seed in range(_STARTS)]
    centers = min(found, key=lambda some: float((_distances(points, some).min(axis=1) ** 2).sum()))
    return centers, _distances(points, centers).argmin(axis=1)


def _first_centers(points: Array, count: int, seed: int) -> Array:
    """Return points by chance, those far from the ones chosen before with more of it."""
    random = np.random.default_rng(seed)
    chosen = [int(random.integers(len(points)))]
    while len(chosen) < count:
        chance = _distances(points, points[chosen]).min(axis=1) ** 2
        total = chance.sum()
        chosen.append(int(random.choice(len(points), p=chance / total if total else None)))
    first: Array = points[chosen]
    return first


def _moved(points: Array, centers: Array) -> Array:
    """Return *centers*, each moved to the mean of the points that are nearest to it, until none moves."""
    nearest = _distances(points, centers).argmin(axis=1)
    for _ in range(_ROUNDS):
        centers = np.stack(
            [points[nearest == group].mean(axis=0) if (nearest == group).any() else centers[group]
             for group in range(len(centers))]
        )  # fmt: skip
        again = _distances(points, centers).argmin(axis=1)
        if (again == nearest).all():
            break
        nearest = again
    return centers


def _silhouette(distance: Array, nearest: NDArray[np.intp], count: int) -> float:
    sizes = np.bincount(nearest, minlength=count)
    sums = np.stack([distance[:, nearest == group].sum(axis=1) for group in range(count)], axis=1)
    rows = np.arange(len(nearest))
    own = sums[rows, nearest] / np.maximum(sizes[nearest] - 1, 1)
    means = sums / np.maximum(sizes, 1)
    means[rows, nearest] = np.inf
    other = means.min(axis=1)
    return float(((other - own) / np.maximum(np.maximum(own, other), 1e-6)).mean())


def _labels(groups: Sequence[Sequence[dict[str, Any]]]) -> list[str]:
    """Return for each group the words that are more frequent in it than in the others."""
    counts = [Counter(word for analysis in group for word in _words_of(analysis)) for group in groups]
    labels = []
    for number, (own, group) in enumerate(zip(counts, groups, strict=True)):
        others = max(sum(len(other) for at, other in enumerate(groups) if at != number), 1)
        share_elsewhere = {
            word: sum(count[word] for at, count in enumerate(counts) if at != number) / others for word in own
        }
        ranked = sorted(own, key=lambda word: (share_elsewhere[word] - own[word] / len(group), word))
        labels.append(", ".join(ranked[:_WORDS]) or f"Group {number + 1}")
    return labels


def _words_of(analysis: dict[str, Any]) -> set[str]:
    texts = [str(analysis.get(name) or "") for name in ("vibe", "lighting", "style")]
    words = {part.strip() for text in texts for part in text.split(",") if part.strip()}
    return words | {str(color) for color in (analysis.get("colors") or [])[:1]}
