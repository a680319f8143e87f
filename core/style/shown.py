"""How alike what images show is, by vectors; style features say nothing about it."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

_NEIGHBORS = 10
_MAX_ANCHORS, _SAMPLE = 1024, 256  # images whose vectors say what a usual cosine is
_OTHER_REDUNDANCY = 0.3  # below it an image shows something else


class ShownContents:
    """How similar what each image shows is to what the picked ones show, from 0 to 1."""

    def __init__(self, contents: Array) -> None:
        """*contents* are vectors of length 1, shape ``(n, values)``; NaN where there is none."""
        self._known: NDArray[np.bool_] = ~np.isnan(contents[:, 0])
        self._contents = np.nan_to_num(contents)
        known = contents[self._known]
        anchors = known[:: math.ceil(len(known) / _MAX_ANCHORS)]
        cosines = np.sort(known[:: math.ceil(len(known) / _SAMPLE)] @ anchors.T, axis=1)
        # What counts as like and unlike follows from the set: cosines of another kind of vectors lie elsewhere.
        self._usual = float(np.median(cosines))
        self._like = max(float(np.median(cosines[:, -min(_NEIGHBORS, len(anchors))])), self._usual + 1e-3)
        self.redundancy = np.zeros(len(contents), dtype=np.float32)
        self.has_picks = False

    def add(self, index: int) -> None:
        """Raise the redundancy of images that show what a picked one does: 0 at a usual cosine, 1 at a near one."""
        if not self._known[index]:
            return
        cosines = np.where(self._known, self._contents @ self._contents[index], self._usual)
        similar = np.clip((cosines - self._usual) / (self._like - self._usual), 0, 1)
        np.maximum(self.redundancy, similar, out=self.redundancy)
        self.has_picks = True

    def is_other(self, index: int) -> bool:
        """Return whether an image shows something else than all that were picked."""
        return bool(self.has_picks and self._known[index] and self.redundancy[index] < _OTHER_REDUNDANCY)


def contents_of(vectors: Sequence[Array | None]) -> Array | None:
    """Return vectors as rows, NaN where there is none; None when fewer than half of the images have one."""
    known = [vector for vector in vectors if vector is not None]
    if len(known) < max(len(vectors) / 2, 2):
        return None
    missing = np.full(len(known[0]), np.nan, np.float32)
    return np.stack([missing if vector is None else vector for vector in vectors]).astype(np.float32)
