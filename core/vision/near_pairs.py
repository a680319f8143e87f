"""Images of a project whose vectors are so near that they show the same: crops, mirrored and re-encoded copies.

The pairs are a cache: kept in memory and in a file, and continued when vectors are added.
"""

import logging
import threading
import zipfile
import zlib
from collections import OrderedDict, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func
from sqlmodel import col, select

from core.db import Database, ImageVectors
from core.vision.embedding import measured
from core.vision.store import WORDS
from core.vision.vectors.index import VectorIndex
from core.vision.vectors.pairs import NearPairs, near_pairs
from core.vision.vectors.search import VectorSearch

log = logging.getLogger(__name__)

# Chosen on 499,500 pairs of different photographs, see docs/VISION.md: at most one of them has it.
_LEAST_COSINES = (
    ("measured 2, features 2", 0.93), ("measured 2", 0.973),
    ("measured 1, features 1", 0.98), ("measured 1", 0.995),  # of versions before, until images are analyzed again
)  # fmt: skip
_OTHER_KIND = 0.97
"""Of vectors by other models; not measured."""
_MAX_LOADED = 4
_REVISION = 2
"""Goes up when other pairs of the same vectors count as copies."""


@dataclass(frozen=True)
class NearImages:
    """Two images of a project and the cosine of their vectors."""

    image_id: str
    other_id: str
    cosine: float


@dataclass(frozen=True)
class _Loaded:
    index: VectorIndex
    pairs: NearPairs


def least_cosine(kind: str) -> float:
    """Return the cosine from which on two vectors of *kind* count as those of copies."""
    return next((cosine for start, cosine in _LEAST_COSINES if kind.startswith(start)), _OTHER_KIND)


def are_copies(kind: str, first: NDArray[Any], second: NDArray[Any]) -> NDArray[np.bool_]:
    """Return which pairs of vectors of *kind*, shape (n, d), whose cosine is that of copies, are not near by chance."""
    if not kind.startswith(measured.VERSION):
        return np.ones(len(first), bool)
    return measured.forms_agree(first, second)


class PairSearch:
    """Finds the near images of projects; the pairs of those that were asked for last stay in memory."""

    def __init__(self, db_session: Database) -> None:
        self._db = db_session
        self._vectors = db_session.shared(VectorSearch)
        self._loaded: OrderedDict[tuple[str, str], _Loaded] = OrderedDict()
        self._locks: defaultdict[tuple[str, str], threading.Lock] = defaultdict(threading.Lock)

    def kind(self, project_id: str) -> str | None:
        """Return the kind of vectors that most images of a project have; None when none has a vector."""
        count = func.count()
        query = (
            select(ImageVectors.kind)
            .where(ImageVectors.project_id == project_id, ImageVectors.kind != WORDS)
            .group_by(col(ImageVectors.kind))
            .order_by(count.desc(), func.max(ImageVectors.update_at).desc())
        )
        with self._db.reading() as session:
            return session.exec(query.limit(1)).first()

    def near_images(self, project_id: str) -> list[NearImages]:
        """Return the pairs of images with near vectors, those of deleted images too.

        The first time it compares all vectors of the project: 20,000 took 5 s and 100,000 two minutes on two busy
        cores; then those that were added.
        """
        kind = self.kind(project_id)
        if kind is None:
            return []
        index, pairs = self._pairs(project_id, kind)
        places = zip(pairs.first.tolist(), pairs.second.tolist(), pairs.cosine.tolist(), strict=True)
        return [NearImages(index.ids[second], index.ids[first], min(cosine, 1.0)) for first, second, cosine in places]

    def _pairs(self, project_id: str, kind: str) -> tuple[VectorIndex, NearPairs]:
        key = (project_id, kind)
        with self._locks[key]:
            index = self._vectors.index(project_id, kind)
            loaded = self._loaded.get(key)
            if loaded is None or loaded.index is not index:
                path = self._vectors.directory(project_id, kind) / "near.npz"
                loaded = self._loaded[key] = _Loaded(index, _continued(path, index, kind))
            self._loaded.move_to_end(key)
            while len(self._loaded) > _MAX_LOADED:
                self._loaded.popitem(last=False)
            return loaded.index, loaded.pairs


def _continued(path: Path, index: VectorIndex, kind: str) -> NearPairs:
    """Return the pairs of all vectors: those of the file, which are kept, and those with vectors added since."""
    least = least_cosine(kind)
    known = _read(path, index, least)
    start = 0 if known is None else known[0]
    if known is not None and start == len(index):
        return known[1]
    pairs = near_pairs(index.vectors, least, start)
    kept = are_copies(kind, index.vectors[pairs.first], index.vectors[pairs.second])
    pairs = NearPairs(pairs.first[kept], pairs.second[kept], pairs.cosine[kept])
    if known is not None:
        pairs = NearPairs(*(np.concatenate(both) for both in zip(_arrays(known[1]), _arrays(pairs), strict=True)))
    _write(path, index, least, pairs)
    return pairs


def _arrays(pairs: NearPairs) -> tuple[NDArray[np.generic], ...]:
    return pairs.first, pairs.second, pairs.cosine


def _read(path: Path, index: VectorIndex, least: float) -> tuple[int, NearPairs] | None:
    """Return for how many vectors the file has the pairs, and these; None when it does not belong to the index."""
    try:
        with np.load(path, allow_pickle=False) as file:
            count = int(file["count"])
            pairs = NearPairs(file["first"], file["second"], file["cosine"])
            is_of_index = count <= len(index) and file["stamp"].tolist() == _stamp(index, count, least)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
        log.warning("The pairs of near vectors in %s cannot be read; they are made anew.", path.name)
        return None
    return (count, pairs) if is_of_index else None


def _write(path: Path, index: VectorIndex, least: float, pairs: NearPairs) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    written = path.with_name("near.new.npz")
    np.savez(
        written, count=len(index), stamp=_stamp(index, len(index), least), first=pairs.first, second=pairs.second,
        cosine=pairs.cosine,
    )  # fmt: skip
    written.replace(path)


def _stamp(index: VectorIndex, count: int, least: float) -> list[float]:
    """Return what tells whether the first *count* images and vectors of an index are the same as those of another."""
    ids = zlib.crc32("\n".join(index.ids[:count]).encode())
    return [least, _REVISION, ids, zlib.crc32(np.ascontiguousarray(index.vectors[:count]).tobytes())]
