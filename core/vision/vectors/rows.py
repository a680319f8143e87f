"""Vectors as rows of the database, which are the truth, and as arrays."""

import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, func
from sqlmodel import Session, col, select

from core.db import ImageVectors

log = logging.getLogger(__name__)

Vectors = NDArray[np.float32]
_ROWS_PER_FETCH = 5_000
_IDS_PER_QUERY = 500
_MAX_BYTES = 2 * 16_384
_LENGTH_TOLERANCE = 0.02
"""Rounding to float16 changes the length of a vector by less than a hundredth."""


def packed(vector: NDArray[np.floating]) -> bytes:
    """Return a vector in its stored form: of length 1, float16, little-endian; zeros stay zeros."""
    values = np.asarray(vector, np.float32)
    length = float(np.linalg.norm(values))
    return (values / length if length > 0 else values).astype("<f2").tobytes()


def unpacked(rows: Sequence[bytes]) -> NDArray[np.float16]:
    """Return stored vectors as an array, shape (n, d)."""
    return np.frombuffer(b"".join(rows), "<f2").reshape(len(rows), -1).astype(np.float16, copy=False)


def is_usable(stored: bytes) -> bool:
    """Return whether bytes are a vector as :func:`packed` makes it: float16, finite, of length 1."""
    if not stored or len(stored) % 2 or len(stored) > _MAX_BYTES:
        return False
    return bool(_have_length_one(unpacked([stored]))[0])


def _have_length_one(vectors: NDArray[np.float16]) -> NDArray[np.bool_]:
    with np.errstate(over="ignore", invalid="ignore"):
        close: NDArray[np.bool_] = np.abs(np.linalg.norm(vectors.astype(np.float32), axis=1) - 1) < _LENGTH_TOLERANCE
    return close


def usable(rows: Sequence[tuple[str, bytes]], dimensions: int) -> tuple[list[str], NDArray[np.float16]]:
    """Return the ids and vectors of those rows that have so many values and can be used."""
    sized = [(image_id, vector) for image_id, vector in rows if len(vector) == 2 * dimensions]
    vectors = unpacked([vector for _, vector in sized]) if sized else np.zeros((0, dimensions), np.float16)
    good = _have_length_one(vectors)
    return [image_id for (image_id, _), is_good in zip(sized, good, strict=True) if is_good], vectors[good]


@dataclass(frozen=True)
class State:
    """How many vectors of a kind a project has, and when the newest was written: it changes with every change."""

    count: int
    newest: datetime | None


def state(session: Session, project_id: str, kind: str) -> State:
    """Return the state of the vectors of a project; answered by an index."""
    query = select(func.count(), func.max(ImageVectors.update_at)).where(*_of(project_id, kind))
    count, newest = session.exec(query).one()
    return State(count, newest)


def read(
    session: Session, project_id: str, kind: str, since: datetime | None = None, *, dimensions: int = 0
) -> Iterable[tuple[list[str], NDArray[np.float16]]]:
    """Yield the ids of images and their vectors, in parts; only those written after *since* if given.

    What cannot be used is left out: it has another number of values than *dimensions*, or than most of the first
    part when this is 0, or is no vector of length 1, such as that of unknown words.
    """
    query = select(ImageVectors.image_id, ImageVectors.vector).where(*_of(project_id, kind))
    if since is not None:
        query = query.where(col(ImageVectors.update_at) > since)
    result = session.exec(query.order_by(col(ImageVectors.update_at), col(ImageVectors.image_id)))
    left_out = 0
    for part in result.partitions(_ROWS_PER_FETCH):
        found = [(image_id, vector) for image_id, vector in part]
        dimensions = dimensions or _usual_dimensions(vector for _, vector in found)
        ids, vectors = usable(found, dimensions)
        left_out += len(found) - len(ids)
        yield ids, vectors
    if left_out:
        log.info("%d vectors of the kind %.80s cannot be compared and are left out.", left_out, kind)


def of_image(session: Session, image_id: str, kind: str) -> Vectors | None:
    """Return the vector of an image, None when it has none of *kind* that can be used."""
    query = select(ImageVectors.vector).where(ImageVectors.image_id == image_id, ImageVectors.kind == kind)
    found = session.exec(query).first()
    return unpacked([found])[0].astype(np.float32) if found is not None and is_usable(found) else None


def of_images(session: Session, image_ids: Sequence[str], *, but: str = "") -> dict[str, Vectors]:
    """Return vectors of images by their id, all of one kind: of the one that most of them have, or the newest of these.

    Args:
        but: a kind that is not asked for.
    """
    found: dict[str, list[tuple[str, bytes]]] = {}
    newest: dict[str, datetime] = {}
    for start in range(0, len(image_ids), _IDS_PER_QUERY):
        some = list(image_ids[start : start + _IDS_PER_QUERY])
        columns = select(ImageVectors.kind, ImageVectors.image_id, ImageVectors.vector, ImageVectors.update_at)
        for kind, image_id, vector, at in session.exec(columns.where(col(ImageVectors.image_id).in_(some))):
            if kind != but:
                found.setdefault(kind, []).append((image_id, vector))
                newest[kind] = max(newest.get(kind, at), at)
    if not found:
        return {}
    kind = max(found, key=lambda kind: (len(found[kind]), newest[kind]))
    ids, vectors = usable(found[kind], _usual_dimensions(vector for _, vector in found[kind]))
    return dict(zip(ids, vectors.astype(np.float32), strict=True))


def _usual_dimensions(vectors: Iterable[bytes]) -> int:
    """Return how many values most vectors have."""
    ((size, _),) = Counter(map(len, vectors)).most_common(1)
    return max(size // 2, 1)


def _of(project_id: str, kind: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return col(ImageVectors.project_id) == project_id, col(ImageVectors.kind) == kind
