"""The points of a map as they are shown: laid out, placed beside their neighbors, or without a vector."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func
from sqlmodel import Session, col, select

from core.db import Images, ImageVectors, in_library
from core.vision.map import file
from core.vision.map.file import Layout
from core.vision.map.kinds import kind_of_map
from core.vision.map.neighbors import Points
from core.vision.vectors.rows import unpacked

_IDS_PER_QUERY = 500
_NEAREST = 5
_SPREAD = 0.004
"""How far images that are placed stand from their neighbors at most: a 250th of the map."""


@dataclass(frozen=True)
class MapPoints:
    """Where the images of a project are on its map."""

    ids: tuple[str, ...]
    places: NDArray[np.uint16]
    """Shape (n, 2): x to the right, y upward, 0 to 65,535; the images that were laid out first, then those placed."""
    groups: NDArray[np.uint8]
    placed: int
    """How many images were added or changed since the map was laid out, and stand beside their neighbors."""
    without_vector: int
    made_at: datetime
    kind: str

    @cached_property
    def numbers(self) -> dict[str, int]:
        """The place in the order of the points of each image."""
        return {id_: number for number, id_ in enumerate(self.ids)}


def read(session: Session, data_dir: Path, project_id: str) -> MapPoints | None:
    """Return the points of a project; None when its map has not been laid out."""
    kind = kind_of_map(session, project_id)
    layout = file.read(file.path_of(data_dir, project_id, kind)) if kind else None
    if kind is None or layout is None:
        return None
    of_kind = (
        select(ImageVectors.image_id)
        .join(Images, col(Images.id) == col(ImageVectors.image_id))
        .where(ImageVectors.project_id == project_id, ImageVectors.kind == kind, in_library())
    )
    present = set(session.exec(of_kind))
    changed = set(session.exec(of_kind.where(col(ImageVectors.update_at) > layout.newest)))
    stays = np.array([id_ in present and id_ not in changed for id_ in layout.ids], bool)
    ids = [id_ for id_, stay in zip(layout.ids, stays, strict=True) if stay]
    further = sorted(present.difference(ids))
    vectors = _vectors(session, kind, further)
    placed_ids, places, groups = place(layout, further, vectors)
    total = session.exec(select(func.count()).select_from(Images).where(Images.project_id == project_id, in_library()))
    return MapPoints(
        (*ids, *placed_ids), np.concatenate([layout.places[stays], places]),
        np.concatenate([layout.groups[stays], groups]), len(placed_ids),
        total.one() - len(ids) - len(placed_ids), layout.made_at, kind,
    )  # fmt: skip


def place(
    layout: Layout, ids: Sequence[str], vectors: Sequence[bytes]
) -> tuple[list[str], NDArray[np.uint16], NDArray[np.uint8]]:
    """Return those of further images that have a usable vector, with places beside their neighbors, and their groups.

    An image stands at the median of its five nearest, moved a little by its id, so that equal ones stay apart.
    """
    size = 2 * len(layout.basis.mean)
    usable = [(id_, vector) for id_, vector in zip(ids, vectors, strict=True) if _is_usable(vector, size)]
    found = [id_ for id_, _ in usable]
    if not found:
        return [], np.empty((0, 2), np.uint16), np.empty(0, np.uint8)
    near = layout.search.of(layout.basis.reduce(unpacked([vector for _, vector in usable])), _NEAREST)
    nearest: Points = np.median(layout.places[near].astype(np.float32) / file.SCALE, axis=1)
    return found, file.whole(nearest + _offsets(found)), layout.groups[near[:, 0]]


def _is_usable(vector: bytes, size: int) -> bool:
    return len(vector) == size and bool(np.isfinite(unpacked([vector])).all())


def _offsets(ids: Sequence[str]) -> Points:
    """Return a small move for each id, always the same."""
    turns = np.array([zlib.crc32(id_.encode()) for id_ in ids], np.float64) / 2**32
    lengths = np.array([zlib.crc32(id_[::-1].encode()) for id_ in ids], np.float64) / 2**32
    angles = 2 * np.pi * turns
    moves = np.stack([np.cos(angles), np.sin(angles)], axis=1) * np.sqrt(lengths)[:, None] * _SPREAD
    offsets: Points = moves.astype(np.float32)
    return offsets


def _vectors(session: Session, kind: str, ids: Sequence[str]) -> list[bytes]:
    found: dict[str, bytes] = {}
    for at in range(0, len(ids), _IDS_PER_QUERY):
        some = list(ids[at : at + _IDS_PER_QUERY])
        query = select(ImageVectors.image_id, ImageVectors.vector)
        found |= dict(session.exec(query.where(col(ImageVectors.image_id).in_(some), ImageVectors.kind == kind)).all())
    return [found[id_] for id_ in ids]
