"""Finding the nearest of many vectors: exact below 50,000, by an inverted file of faiss above.

An index is a cache: it is made from the rows when it is missing, and takes up what was written since. Vectors have
length 1, so the inner product is the cosine.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.vision.local import package_version
from core.vision.vectors.rows import Vectors

log = logging.getLogger(__name__)

EXACT_UP_TO = 50_000
"""An exact search of 100,000 x 512 took 30 ms on two cores, so up to here it takes about 15."""
# Of 100,000 vectors of bench/vectors.py in 500 lists, this share of the ten nearest is found: 0.938 when a 24th of the
# lists is probed, 0.971 of a 12th, 0.98 of an 8th. Eight bits a value lose some of them: when four times as many are
# compared again with the stored values, it is 0.949, 0.983 and 0.994, for a tenth more time.
_VECTORS_PER_LIST, _PROBED_SHARE, _COMPARED_AGAIN = 200, 1 / 12, 4
_TRAINING_PER_LIST = 64
# What was written since the index was made is searched exactly; beyond this share the index is made anew.
_MAX_NEW_SHARE = 0.1
_BLOCK = 16_384


@dataclass(frozen=True)
class Near:
    """An image and its cosine with what was asked for, -1 to 1."""

    image_id: str
    score: float


class VectorIndex:
    """The vectors of one kind of a project, in memory as float16, with their image ids."""

    def __init__(self, ids: Sequence[str], vectors: NDArray[np.float16], path: Path | None = None) -> None:
        """*path* is where the file of faiss is kept; it belongs to exactly these vectors, in this order."""
        self.ids = list(ids)
        self._vectors = vectors
        self._path = path
        self._indexed = 0
        self._faiss = self._approximate() if len(self.ids) > EXACT_UP_TO else None

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def faiss(self) -> Any:
        """The index of faiss, None while all is searched exactly."""
        return self._faiss

    @property
    def dimensions(self) -> int:
        return int(self._vectors.shape[1])

    @property
    def vectors(self) -> NDArray[np.float16]:
        """The vectors in the order of ``ids``, shape (n, d)."""
        return self._vectors

    @property
    def needs_rebuild(self) -> bool:
        """Whether so much was added that an index over all would be faster."""
        limit = self._indexed * (1 + _MAX_NEW_SHARE) if self._faiss is not None else EXACT_UP_TO
        return len(self.ids) > limit and _has_faiss()

    def add(self, ids: Sequence[str], vectors: NDArray[np.float16]) -> "VectorIndex":
        """Return an index that has further vectors too; they are searched exactly."""
        grown = VectorIndex.__new__(VectorIndex)
        grown.ids, grown._path = [*self.ids, *ids], self._path
        grown._vectors = np.concatenate([self._vectors, vectors]) if len(self.ids) else vectors
        grown._indexed, grown._faiss = self._indexed, self._faiss
        return grown

    def nearest(self, query: Vectors, limit: int, is_wanted: Callable[[str], bool] | None = None) -> list[Near]:
        """Return the *limit* nearest images, nearest first, of those that are wanted.

        None is near a *query* that has another number of values: it is of another kind.
        """
        if not len(self) or len(query) != self.dimensions:
            return []
        wanted = limit
        while True:
            found = self._nearest(query, wanted)
            kept = [near for near in found if is_wanted is None or is_wanted(near.image_id)]
            if len(kept) >= limit or len(found) < wanted:
                return kept[:limit]
            wanted = wanted * 4

    def _nearest(self, query: Vectors, limit: int) -> list[Near]:
        places, scores = self._exact(query, self._indexed, limit)
        if self._faiss is not None:
            _, at = self._faiss.search(query[None].astype(np.float32), min(limit * _COMPARED_AGAIN, self._indexed))
            found = at[0][at[0] >= 0]  # it fills up with -1 when the probed lists have fewer
            places = np.concatenate([places, found])
            scores = np.concatenate([scores, self._vectors[found].astype(np.float32) @ query])
        order = np.argsort(-scores, kind="stable")[:limit]
        return [Near(self.ids[places[at]], float(scores[at])) for at in order]

    def _exact(self, query: Vectors, start: int, limit: int) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return places and scores of the nearest vectors from *start* on."""
        scores = np.empty(len(self.ids) - start, np.float32)
        for first in range(start, len(self.ids), _BLOCK):
            block = self._vectors[first : first + _BLOCK].astype(np.float32)
            np.matmul(block, query, out=scores[first - start : first - start + len(block)])
        best = np.argpartition(-scores, limit)[:limit] if len(scores) > limit else np.arange(len(scores))
        return best + start, scores[best]

    def _approximate(self) -> Any:
        """Return the index of faiss over all vectors: from its file if that is there, else made and kept."""
        if not _has_faiss():
            return None
        self._indexed = len(self.ids)
        lists = max(self._indexed // _VECTORS_PER_LIST, 1)
        index = _from_file(self._path, self._indexed) if self._path is not None else None
        if index is None:
            index = self._made(lists)
            if self._path is not None:
                _keep(index, self._path)
        index.nprobe = max(round(lists * _PROBED_SHARE), 8)
        return index

    def _made(self, lists: int) -> Any:
        """Return a new index of faiss over all vectors."""
        import faiss

        dimensions = self._vectors.shape[1]
        quantizer = faiss.IndexFlatIP(dimensions)
        index = faiss.IndexIVFScalarQuantizer(
            quantizer, dimensions, lists, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT
        )
        sample = np.random.default_rng(0).permutation(self._indexed)[: lists * _TRAINING_PER_LIST]
        index.train(self._vectors[np.sort(sample)].astype(np.float32))
        for first in range(0, self._indexed, _BLOCK):
            index.add(self._vectors[first : first + _BLOCK].astype(np.float32))
        return index


def _has_faiss() -> bool:
    return package_version("faiss-cpu") is not None


def _from_file(path: Path, count: int) -> Any | None:
    import faiss

    if not path.is_file():
        return None
    try:
        index = faiss.read_index(str(path))
    except RuntimeError:  # of faiss, for a file that is cut or of another version
        log.warning("The index of vectors %s cannot be read; it is made anew.", path.name)
        return None
    return index if index.ntotal == count else None


def _keep(index: Any, path: Path) -> None:
    """Write the file of an index in one step, instead of those of earlier states."""
    import faiss

    path.parent.mkdir(parents=True, exist_ok=True)
    written = path.with_suffix(".new")
    faiss.write_index(index, str(written))
    written.replace(path)
    for other in path.parent.glob("*.faiss"):
        if other != path:
            other.unlink(missing_ok=True)
