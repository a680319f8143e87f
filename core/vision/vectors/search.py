"""Similar images, and images for words, of a project."""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sqlmodel import Session, col, select

from core.db import Database, Images, cached_until_write, in_library
from core.errors import InvalidInputError, NotFoundError
from core.vision.vectors import rows
from core.vision.vectors.index import EXACT_UP_TO, Near, VectorIndex
from core.vision.vectors.rows import State, Vectors
from core.vision.vectors.server_index import ServerIndexes

# Indexes in memory: 100,000 vectors of 512 values take 100 MB and another 50 in faiss.
_MAX_INDEXES = 4
_IDS_PER_QUERY = 500


@dataclass(frozen=True)
class _Loaded:
    index: VectorIndex
    state: State


class VectorSearch:
    """Finds images by vectors; keeps the indexes that were used last in memory."""

    def __init__(self, db_session: Database) -> None:
        self._db = db_session
        self._loaded: OrderedDict[tuple[str, str], _Loaded] = OrderedDict()
        self._lock = threading.Lock()
        self._server = ServerIndexes(db_session) if db_session.engine.dialect.name == "postgresql" else None

    def similar_to(self, image_id: str, kind: str, limit: int = 20) -> list[tuple[Images, float]]:
        """Return the images of the same project that are nearest to one, nearest first, with their cosines.

        Raises:
            NotFoundError: there is no such image.
            InvalidInputError: it has no vector of *kind* yet.
        """
        with self._db.reading() as session:
            image = session.get(Images, image_id)
            if image is None or not image.is_in_library:
                raise NotFoundError("This image does not exist any more.")
            vector = rows.of_image(session, image_id, kind)
        if vector is None:
            raise InvalidInputError(
                f"{image.image_name} has no vector yet. Run Analyze images with Similarity, then try again."
            )
        return self.nearest(image.project_id, kind, vector, limit, without=(image_id,))

    def nearest(
        self, project_id: str, kind: str, vector: Vectors, limit: int = 20, *, without: Sequence[str] = ()
    ) -> list[tuple[Images, float]]:
        """Return the images of a project that are nearest to *vector*, nearest first, with their cosines."""
        near = self.nearest_ids(project_id, kind, vector, limit + len(without), without=without)
        wanted = limit
        while True:
            with self._db.reading() as session:
                images = _in_library(session, [one.image_id for one in near])
            found = [(images[one.image_id], one.score) for one in near if one.image_id in images]
            if len(found) >= limit or len(near) < wanted:
                return found[:limit]
            wanted *= 4  # some were deleted
            near = self.nearest_ids(project_id, kind, vector, wanted, without=without)

    def nearest_ids(
        self, project_id: str, kind: str, vector: Vectors, limit: int, *, without: Sequence[str] = ()
    ) -> list[Near]:
        """Return the ids of the nearest images, those of deleted images too."""
        left_out = set(without)
        return self.nearest_wanted(
            project_id, kind, vector, limit, (lambda id_: id_ not in left_out) if left_out else None
        )

    def nearest_wanted(
        self, project_id: str, kind: str, vector: Vectors, limit: int, is_wanted: Callable[[str], bool] | None = None
    ) -> list[Near]:
        """Return the ids of the nearest images that are wanted, those of deleted images too.

        By pgvector where the database has it and the project is large, otherwise in memory.
        """
        query = np.asarray(vector, np.float32)
        if self._server is not None and (now := self.state(project_id, kind)).count > EXACT_UP_TO:
            found = self._server.nearest((project_id, kind), now, query, limit, is_wanted)
            if found is not None:
                return found
        return self.index(project_id, kind).nearest(query, limit, is_wanted)

    def index(self, project_id: str, kind: str) -> VectorIndex:
        """Return the index over all vectors of a kind, with what was written until now."""
        key = (project_id, kind)
        now = self.state(project_id, kind)
        loaded = self._loaded.get(key)
        if loaded is not None and loaded.state == now:
            return loaded.index
        with self._db.reading() as session:
            now = rows.state(session, project_id, kind)
            with self._lock:
                index = self._updated(session, key, self._loaded.get(key), now)
                self._loaded[key] = _Loaded(index, now)
                self._loaded.move_to_end(key)
                while len(self._loaded) > _MAX_INDEXES:
                    self._loaded.popitem(last=False)
        return index

    @cached_until_write
    def state(self, project_id: str, kind: str) -> State:
        """Return the state of the vectors of a project; counting 100,000 takes as long as searching them."""
        with self._db.reading() as session:
            return rows.state(session, project_id, kind)

    def directory(self, project_id: str, kind: str) -> Path:
        """Return the directory of the caches that are made of the vectors of a kind."""
        # A kind may come from a project archive, and is no name of a file then.
        name = hashlib.sha256(kind.encode()).hexdigest()[:32]
        return self._db.data_dir / "cache" / "vectors" / project_id / name

    def _updated(self, session: Session, key: tuple[str, str], loaded: _Loaded | None, now: State) -> VectorIndex:
        if loaded is not None and loaded.state == now:
            return loaded.index
        if loaded is not None and (grown := _grown(session, key, loaded, now)) is not None:
            return grown
        return self._read(session, key, now)

    def _read(self, session: Session, key: tuple[str, str], now: State) -> VectorIndex:
        parts = list(rows.read(session, *key))
        ids = [image_id for part, _ in parts for image_id in part]
        vectors = np.concatenate([part for _, part in parts]) if parts else np.zeros((0, 1), np.float16)
        stamp = f"{now.count}-{now.newest.timestamp():.6f}" if now.newest else "0"
        return VectorIndex(ids, vectors, self.directory(*key) / f"{stamp}.faiss")


def _grown(session: Session, key: tuple[str, str], loaded: _Loaded, now: State) -> VectorIndex | None:
    """Return the index with what was added; None when vectors were replaced or removed, or many were added."""
    index, added = loaded.index, now.count - loaded.state.count
    if loaded.state.newest is None or added <= 0:
        return None
    parts = list(rows.read(session, *key, since=loaded.state.newest, dimensions=index.dimensions))
    ids = [image_id for part, _ in parts for image_id in part]
    if len(ids) != added or not len(index) or not set(ids).isdisjoint(index.ids):
        return None
    grown = index.add(ids, np.concatenate([vectors for _, vectors in parts]))
    return None if grown.needs_rebuild else grown


def _in_library(session: Session, image_ids: Sequence[str]) -> dict[str, Images]:
    found: dict[str, Images] = {}
    for start in range(0, len(image_ids), _IDS_PER_QUERY):
        some = image_ids[start : start + _IDS_PER_QUERY]
        found |= {row.id: row for row in session.exec(select(Images).where(col(Images.id).in_(some), in_library()))}
    return found
