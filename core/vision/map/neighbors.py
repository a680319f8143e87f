"""The nearest neighbors of many points at once, for laying out a map and placing points into one.

An inverted file in numpy: points are divided into lists around centers, and searched in the lists nearest to theirs. A
search for all points takes matrix products of whole lists, so it needs no library beside numpy.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float32]

_POINTS_PER_LIST = 400
# Chosen by a test: of 4,000 points in 12 dimensions more than nine of the ten nearest are found.
_LISTS_SEARCHED = 12
_TRAINING_PER_LIST, _TRAINING_ROUNDS = 64, 6


class Neighbors:
    """Finds the nearest of *points*, shape (n, d), by Euclidean distance; deterministic."""

    def __init__(self, points: Points, seed: int = 0) -> None:
        self._points = points
        self._half_squares = _half_squares(points)
        self._centers = _centers(points, max(len(points) // _POINTS_PER_LIST, 1), np.random.default_rng(seed))
        assigned = _nearest_center(points, self._centers)
        self._order = np.argsort(assigned, kind="stable").astype(np.int32)
        self._starts = np.searchsorted(assigned[self._order], np.arange(len(self._centers) + 1))

    def of_all(self, count: int, progress: Callable[[float], None] = lambda share: None) -> NDArray[np.int32]:
        """Return the indexes of the *count* nearest other points of each point, nearest first; shape (n, count)."""
        found = np.empty((len(self._points), count), np.int32)
        near = self._near_lists(self._centers)
        for one in range(len(self._centers)):
            members = self._members(one)
            if len(members):
                candidates = np.concatenate([self._members(other) for other in near[one]])
                found[members] = self._best(self._points[members], candidates, count, without=members)
            progress((one + 1) / len(self._centers))
        return found

    def of(self, queries: Points, count: int) -> NDArray[np.int32]:
        """Return the indexes of the *count* nearest points of each query, nearest first; shape (q, count)."""
        count = min(count, len(self._points))
        found = np.empty((len(queries), count), np.int32)
        assigned = _nearest_center(queries, self._centers)
        near = self._near_lists(self._centers)
        for one in np.unique(assigned):
            of_list = np.flatnonzero(assigned == one)
            candidates = np.concatenate([self._members(other) for other in near[one]])
            if len(candidates) < count:
                candidates = self._order
            found[of_list] = self._best(queries[of_list], candidates, count)
        return found

    def _members(self, number: int) -> NDArray[np.int32]:
        return self._order[self._starts[number] : self._starts[number + 1]]

    def _near_lists(self, centers: Points) -> NDArray[np.intp]:
        """Return the lists that are searched for each list, its own among them."""
        scores = centers @ self._centers.T - _half_squares(self._centers)
        return np.argsort(-scores, axis=1, kind="stable")[:, :_LISTS_SEARCHED]

    def _best(
        self, queries: Points, candidates: NDArray[np.int32], count: int, without: NDArray[np.int32] | None = None
    ) -> NDArray[np.int32]:
        """Return the best *count* of *candidates* for each query; *without* is the point that each query itself is."""
        if len(candidates) <= count:  # lists that are nearly empty
            candidates = self._order
        # Of two points, the nearer one has the larger of these values.
        scores = queries @ self._points[candidates].T - self._half_squares[candidates]
        if without is not None:
            scores[candidates[None, :] == without[:, None]] = -np.inf
        if scores.shape[1] > count:
            best = np.argpartition(-scores, count - 1, axis=1)[:, :count]
        else:
            best = np.tile(np.arange(scores.shape[1]), (len(queries), 1))
        order = np.argsort(-np.take_along_axis(scores, best, axis=1), axis=1, kind="stable")
        return candidates[np.take_along_axis(best, order, axis=1)]


def _centers(points: Points, count: int, random: np.random.Generator) -> Points:
    """Return *count* centers by k-means on a sample."""
    sample = points[np.sort(random.permutation(len(points))[: count * _TRAINING_PER_LIST])]
    centers = sample[np.sort(random.permutation(len(sample))[:count])]
    for _ in range(_TRAINING_ROUNDS if count > 1 else 0):
        assigned = _nearest_center(sample, centers)
        sizes = np.bincount(assigned, minlength=count)
        order = np.argsort(assigned, kind="stable")
        starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
        filled = sizes > 0
        sums = np.add.reduceat(sample[order], starts[filled], axis=0)
        centers = centers.copy()
        centers[filled] = sums / sizes[filled, None]
    return centers


def _nearest_center(points: Points, centers: Points) -> NDArray[np.intp]:
    halves = _half_squares(centers)
    block = 16_384
    found = [np.argmax(points[at : at + block] @ centers.T - halves, axis=1) for at in range(0, len(points), block)]
    return np.concatenate(found) if found else np.empty(0, np.intp)


def _half_squares(points: Points) -> NDArray[np.float32]:
    halves: NDArray[np.float32] = np.einsum("ij,ij->i", points, points) / 2
    return halves
