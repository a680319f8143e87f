"""How new the image of an entry is beside those that were chosen before: the distance of k-center greedy.

Gonzalez, Clustering to Minimize the Maximum Intercluster Distance (1985); for choosing what to label: Sener and
Savarese, Active Learning for Convolutional Neural Networks (2018). Images without a vector are new until one of their
family is chosen.
"""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from sqlmodel import Session

from core.checks.base import CheckedEntry
from core.vision.map.kinds import kind_of_map
from core.vision.vectors import rows

MAX_DIMENSIONS = 128
"""Longer vectors are projected onto so many random directions, which keeps distances within about a tenth (Johnson and
Lindenstrauss, 1984). 100,000 images then take 51 MB instead of 205 MB, and a pick a quarter of the time."""
_UNKNOWN = 0.5
"""How new an image without a vector is, where other images have one: the middle."""
Array = NDArray[np.float32]


class Novelty:
    """The novelty of images, which sinks with every image that is chosen."""

    def __init__(self, image_ids: Sequence[str], families: Sequence[int], vectors: dict[str, Array]) -> None:
        """*families* has the number of the family of each image; *vectors* may lack some of them."""
        self._families = np.asarray(families, np.int64)
        self._places = np.array([place for place, id_ in enumerate(image_ids) if id_ in vectors], np.int64)
        self._vectors = np.stack([vectors[image_ids[place]] for place in self._places]) if len(self._places) else None
        self._at = {int(place): number for number, place in enumerate(self._places)}
        # Half of the squared distance of vectors of length 1, so 0 to 2.
        self._distances = np.full(len(self._places), 2.0, np.float32)
        self._unknown = np.full(len(image_ids), _UNKNOWN if len(self._places) else 1.0, np.float32)

    def values(self) -> Array:
        """Return the novelty of each image, 0 to 1; the newest of those with a vector has 1."""
        found = self._unknown.copy()
        if len(self._places):
            found[self._places] = self._distances / max(float(self._distances.max()), 1e-6)
        return found

    def choose(self, image: int) -> None:
        """Take an image as chosen."""
        self._unknown[self._families == self._families[image]] = 0.0
        number = self._at.get(image)
        if self._vectors is not None and number is not None:
            np.minimum(self._distances, 1 - self._vectors @ self._vectors[number], out=self._distances)
            np.maximum(self._distances, 0, out=self._distances)


def read_vectors(session: Session, project_id: str) -> dict[str, Array]:
    """Return the vectors of the images of a project by image id, of length 1; empty when nothing has analyzed them."""
    kind = kind_of_map(session, project_id)
    return _projected(rows.read(session, project_id, kind)) if kind is not None else {}


def of_entries(entries: Sequence[CheckedEntry], vectors: dict[str, Array]) -> tuple[Novelty, NDArray[np.int64]]:
    """Return the novelty of the images of entries, and the number of the image of each entry."""
    numbers: dict[str, int] = {}
    image_of = np.array([numbers.setdefault(entry.image_id, len(numbers)) for entry in entries], np.int64)
    families = [0] * len(numbers)
    for entry in entries:
        families[numbers[entry.image_id]] = entry.family
    return Novelty(list(numbers), families, vectors), image_of


def _projected(parts: Iterable[tuple[list[str], NDArray[np.float16]]]) -> dict[str, Array]:
    found: dict[str, Array] = {}
    directions: Array | None = None
    for ids, vectors in parts:
        values = vectors.astype(np.float32)
        if len(ids) and values.shape[1] > MAX_DIMENSIONS:
            if directions is None:
                drawn = np.random.default_rng(0).standard_normal((values.shape[1], MAX_DIMENSIONS))
                directions = drawn.astype(np.float32)
            values = values @ directions
        values /= np.linalg.norm(values, axis=1, keepdims=True) + 1e-9
        found.update(zip(ids, values, strict=True))
    return found
