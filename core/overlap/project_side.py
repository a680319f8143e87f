"""What the images and questions of a project are compared by: bytes, difference hashes, vectors, normalized texts."""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

from sqlmodel import Session, col, select

from core.db import Database, ImageDatasets, Images, in_library
from core.images.near_duplicates import NearDuplicateIndex
from core.overlap.hash_file import HashedImage, question_hash
from core.overlap.near_questions import near_key

if TYPE_CHECKING:
    from core.vision.vectors.index import VectorIndex
    from core.vision.vectors.rows import Vectors

Way = Literal["bytes", "hash", "vectors", "text", "words"]
_IDS_PER_QUERY = 10_000
_NEAREST = 16
_MAX_TASKS = 2


class Overlap(NamedTuple):
    """An image or a question of the project that the held-out set has too."""

    way: Way
    """By what it was found; the surest one: bytes, then hash, then vectors; a question by its text, or by its
    content words."""
    image_id: str
    """Empty for a question."""
    name: str
    """Of the image in the project, or the question."""
    found_in: str
    """Name of the image, or place of the question, in the held-out set."""
    score: float
    """1 for the same; of a near hash the share of equal bits, of vectors their cosine."""


@dataclass(frozen=True)
class VectorSide:
    """The vectors of a project, and from which cosine on they count as those of copies."""

    kind: str
    index: "VectorIndex"
    least_cosine: float

    def is_copy(self, vector: "Vectors", image_id: str) -> bool:
        """Return whether a near vector is not near by chance, see :func:`core.vision.near_pairs.are_copies`."""
        from core.vision.near_pairs import are_copies

        own = self.index.vectors[self.index.ids.index(image_id)]
        return bool(are_copies(self.kind, vector[None], own[None])[0])


def vector_side(db: Database, project_id: str) -> VectorSide | None:
    """Return the vectors of a project, None when it has none."""
    from core.vision.near_pairs import PairSearch, least_cosine  # they import numpy
    from core.vision.vectors.search import VectorSearch

    kind = db.shared(PairSearch).kind(project_id)
    if kind is None:
        return None
    return VectorSide(kind, db.shared(VectorSearch).index(project_id, kind), least_cosine(kind))


def image_overlaps(
    session: Session, project_id: str, images: Sequence[HashedImage], vectors: VectorSide | None
) -> list[Overlap]:
    """Return each image of the project that one of *images* shows too, once for each pair."""
    by_bytes = _by_bytes(session, project_id, [image.sha256 for image in images])
    hashes = NearDuplicateIndex(session, project_id, {dhash for image in images for dhash in image.dhashes})
    found: dict[tuple[str, int], tuple[Way, float]] = {}
    for number, image in enumerate(images):
        for image_id in by_bytes.get(image.sha256, ()):
            found[image_id, number] = ("bytes", 1.0)
        for indexed in hashes.find_all(*image.dhashes):
            bits = min(_bits(indexed.dhash, dhash) for dhash in image.dhashes)
            found.setdefault((indexed.order[1], number), ("hash", round(1 - bits / 64, 4)))
        if vectors is not None and image.vector is not None and len(image.vector) == vectors.index.vectors.shape[1]:
            for near in vectors.index.nearest(image.vector, _NEAREST):
                if near.score >= vectors.least_cosine and vectors.is_copy(image.vector, near.image_id):
                    found.setdefault((near.image_id, number), ("vectors", round(min(near.score, 1.0), 4)))
    names = _names(session, {image_id for image_id, _ in found})
    return [
        Overlap(way, image_id, names[image_id], images[number].name, score)
        for (image_id, number), (way, score) in found.items()
        if image_id in names
    ]


def _bits(first: str, second: str) -> int:
    return (int(first, 16) ^ int(second, 16)).bit_count()


def _by_bytes(session: Session, project_id: str, hashes: Sequence[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    query = select(Images.sha256, Images.id).where(
        Images.project_id == project_id, col(Images.sha256).in_(list(hashes)), in_library()
    )
    for sha256, image_id in session.exec(query):
        found.setdefault(sha256, []).append(image_id)
    return found


def _names(session: Session, image_ids: set[str]) -> dict[str, str]:
    """Return the names of the images that are in the library."""
    found: dict[str, str] = {}
    ids = sorted(image_ids)
    for start in range(0, len(ids), _IDS_PER_QUERY):
        some = col(Images.id).in_(ids[start : start + _IDS_PER_QUERY])
        found |= dict(session.exec(select(Images.id, Images.image_name).where(some, in_library())).all())
    return found


class Asked(NamedTuple):
    """The questions of a project, one wording of each."""

    by_text: dict[str, str]
    """By the hash of the normalized text."""
    by_words: dict[str, str]
    """By the key of :func:`near_key`."""


class QuestionHashes:
    """What the questions of a project are compared by; read once for each task."""

    def __init__(self, db_session: Database) -> None:
        self._db = db_session
        self._by_task: OrderedDict[str, Asked] = OrderedDict()
        self._lock = threading.Lock()

    def of_task(self, task_id: str, project_id: str) -> Asked:
        """Return the questions of the project's entries."""
        with self._lock:
            found = self._by_task.get(task_id)
            if found is None:
                query = select(ImageDatasets.question).where(
                    ImageDatasets.project_id == project_id, col(ImageDatasets.deleted_at).is_(None)
                )
                with self._db.reading() as session:
                    questions = sorted(set(session.exec(query.distinct())))
                by_text = {question_hash(text): text for text in questions}
                found = self._by_task[task_id] = Asked(by_text, {near_key(text): text for text in questions})
                while len(self._by_task) > _MAX_TASKS:
                    self._by_task.popitem(last=False)
            return found
