"""Vectors as rows of the database, which are the truth, and as arrays."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, func
from sqlmodel import Session, col, select

from core.db import ImageVectors

Vectors = NDArray[np.float32]
_ROWS_PER_FETCH = 5_000


def packed(vector: NDArray[np.floating]) -> bytes:
    """Return a vector in its stored form: of length 1, float16, little-endian; zeros stay zeros."""
    values = np.asarray(vector, np.float32)
    length = float(np.linalg.norm(values))
    return (values / length if length > 0 else values).astype("<f2").tobytes()


def unpacked(rows: Sequence[bytes]) -> NDArray[np.float16]:
    """Return stored vectors as an array, shape (n, d)."""
    return np.frombuffer(b"".join(rows), "<f2").reshape(len(rows), -1).astype(np.float16, copy=False)


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
    session: Session, project_id: str, kind: str, since: datetime | None = None
) -> Iterable[tuple[list[str], NDArray[np.float16]]]:
    """Yield the ids of images and their vectors, in parts; only those written after *since* if given."""
    query = select(ImageVectors.image_id, ImageVectors.vector).where(*_of(project_id, kind))
    if since is not None:
        query = query.where(col(ImageVectors.update_at) > since)
    result = session.exec(query.order_by(col(ImageVectors.update_at), col(ImageVectors.image_id)))
    for part in result.partitions(_ROWS_PER_FETCH):
        yield [image_id for image_id, _ in part], unpacked([vector for _, vector in part])


def of_image(session: Session, image_id: str, kind: str) -> Vectors | None:
    """Return the vector of an image, None when it has none of *kind*."""
    query = select(ImageVectors.vector).where(ImageVectors.image_id == image_id, ImageVectors.kind == kind)
    found = session.exec(query).first()
    return None if found is None else unpacked([found])[0].astype(np.float32)


def _of(project_id: str, kind: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return col(ImageVectors.project_id) == project_id, col(ImageVectors.kind) == kind
