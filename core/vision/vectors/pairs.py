"""Near pairs among vectors, in blocks: a matrix of all cosines is never in memory."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.vision.local import package_version

MAX_NEIGHBORS = 16
"""Of one vector in a block, or in all with faiss: 10,000 copies of one image are one group, not 50 million pairs."""
_ROWS, _COLUMNS = 2_048, 8_192
_ROWS_TO_ALL = 256
# Up to 20,000 vectors all cosines are computed, which takes seconds; above, faiss looks into some of its lists.
_EXACT_COSINES = 20_000**2
# float16 and another order of summing move a cosine a little; the exact one is compared at the end.
_ROUNDING = 1e-3
# As many lists as those of the index of vectors, with exact values; near pairs need few of them.
_VECTORS_PER_LIST, _TRAINING_PER_LIST, _PROBED = 200, 64, 8

Places = NDArray[np.int64]
Cosines = NDArray[np.float32]


@dataclass(frozen=True)
class NearPairs:
    """Places of vectors in pairs, ``first < second``, each pair once, with their cosines."""

    first: Places
    second: Places
    cosine: Cosines

    def __len__(self) -> int:
        return len(self.first)


def near_pairs(vectors: NDArray[np.float16], least_cosine: float, start: int = 0) -> NearPairs:
    """Return the pairs of vectors of length 1 whose cosine is at least *least_cosine*.

    With faiss and more than 20,000 vectors it is approximate. A vector with more than MAX_NEIGHBORS near ones is in
    fewer pairs than it could be.

    Args:
        start: only pairs with a vector from this place on: those before have been compared with each other.
    """
    count = len(vectors)
    if (count - start) * count <= _EXACT_COSINES or package_version("faiss-cpu") is None:
        found = list(_exact(vectors, least_cosine, start))
    else:
        found = list(_approximate(vectors, least_cosine, start))
    first, second = (np.concatenate([part[n] for part in found] or [np.zeros(0, np.int64)]) for n in (0, 1))
    _, kept = np.unique(first * max(count, 1) + second, return_index=True)
    first, second = first[kept], second[kept]
    cosine = _cosines(vectors, first, second)
    is_near = cosine >= least_cosine
    return NearPairs(first[is_near], second[is_near], cosine[is_near])


def nearest_of_each(vectors: NDArray[np.float16], limit: int) -> NDArray[np.int64]:
    """Return for each vector the places of the *limit* nearest others, nearest first, shape (n, at most limit).

    With faiss and more than 20,000 vectors it is approximate, and places without a neighbor are -1.
    """
    count = len(vectors)
    is_exact = count**2 <= _EXACT_COSINES or package_version("faiss-cpu") is None
    index = None if is_exact else _inverted_file(vectors)
    limit = min(limit, max(count - 1, 0))
    found = np.full((count, limit), -1, np.int64)
    for top in range(0, count, _ROWS_TO_ALL):
        rows = vectors[top : top + _ROWS_TO_ALL].astype(np.float32)
        nearest = _nearest_exactly(vectors, rows, limit + 1) if index is None else index.search(rows, limit + 1)[1]
        for number, places in enumerate(nearest):
            others = places[(places != top + number) & (places >= 0)][:limit]
            found[top + number, : len(others)] = others
    return found


def _nearest_exactly(vectors: NDArray[np.float16], rows: NDArray[np.float32], limit: int) -> NDArray[np.int64]:
    cosines = np.empty((len(rows), len(vectors)), np.float32)
    for left in range(0, len(vectors), _COLUMNS):
        columns = vectors[left : left + _COLUMNS].astype(np.float32)
        cosines[:, left : left + len(columns)] = rows @ columns.T
    best = np.argpartition(-cosines, limit - 1, axis=1)[:, :limit]
    order = np.argsort(-np.take_along_axis(cosines, best, axis=1), axis=1, kind="stable")
    return np.take_along_axis(best, order, axis=1)


def _exact(vectors: NDArray[np.float16], least: float, start: int) -> Iterator[tuple[Places, Places]]:
    least -= _ROUNDING
    for top in range(start, len(vectors), _ROWS):
        rows = vectors[top : top + _ROWS].astype(np.float32)
        for left in range(0, top + len(rows), _COLUMNS):
            columns = vectors[left : min(left + _COLUMNS, top + len(rows))].astype(np.float32)
            is_near = rows @ columns.T >= least
            # Only the triangle before the diagonal; the nearest neighbors by place keep a group connected.
            is_near &= np.arange(left, left + len(columns))[None] < np.arange(top, top + len(rows))[:, None]
            later, earlier = np.nonzero(is_near[:, ::-1])
            kept = _first_of_each(later, MAX_NEIGHBORS)
            yield left + len(columns) - 1 - earlier[kept], top + later[kept]


def _first_of_each(sorted_rows: Places, limit: int) -> NDArray[np.bool_]:
    """Return which elements are among the first *limit* of their row."""
    starts = np.searchsorted(sorted_rows, sorted_rows)
    kept: NDArray[np.bool_] = np.arange(len(sorted_rows)) - starts < limit
    return kept


def _approximate(vectors: NDArray[np.float16], least: float, start: int) -> Iterator[tuple[Places, Places]]:
    index = _inverted_file(vectors)
    for top in range(start, len(vectors), _ROWS):
        rows = vectors[top : top + _ROWS].astype(np.float32)
        cosines, places = index.search(rows, MAX_NEIGHBORS + 1)
        own = np.arange(top, top + len(rows))[:, None]
        at, nth = np.nonzero((cosines >= least - _ROUNDING) & (places >= 0) & (places != own))
        others = places[at, nth].astype(np.int64)
        yield np.minimum(others, at + top), np.maximum(others, at + top)


def _inverted_file(vectors: NDArray[np.float16]) -> Any:
    import faiss

    lists = max(len(vectors) // _VECTORS_PER_LIST, 1)
    dimensions = vectors.shape[1]
    index = faiss.IndexIVFScalarQuantizer(
        faiss.IndexFlatIP(dimensions), dimensions, lists, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT
    )
    sample = np.random.default_rng(0).permutation(len(vectors))[: lists * _TRAINING_PER_LIST]
    index.train(vectors[np.sort(sample)].astype(np.float32))
    for top in range(0, len(vectors), _COLUMNS):
        index.add(vectors[top : top + _COLUMNS].astype(np.float32))
    index.nprobe = _PROBED
    return index


def _cosines(vectors: NDArray[np.float16], first: Places, second: Places) -> Cosines:
    made = np.empty(len(first), np.float32)
    for start in range(0, len(first), _COLUMNS):
        part = slice(start, start + _COLUMNS)
        pairs = vectors[first[part]].astype(np.float32), vectors[second[part]].astype(np.float32)
        made[part] = np.einsum("nd,nd->n", *pairs)
    return made
