"""Finding images by another image, and by words."""

import re
import threading
from collections import OrderedDict
from collections.abc import Container, Iterable, Mapping, Sequence
from hashlib import sha256

import numpy as np
from sqlalchemy import case, or_
from sqlmodel import Session, col, select

from core.db import Database, Images, ImageTexts, ImageVectors, in_library
from core.db.text import holds_text
from core.errors import InvalidInputError, NotFoundError
from core.images.query_ranking import MAX_BY_WORDS
from core.images.stop_words import content_words, word_stem
from core.vision import text_vectors
from core.vision.embedding.own_model import find_own_model
from core.vision.local import package_version
from core.vision.store import WORDS
from core.vision.vectors.index import Near
from core.vision.vectors.rows import Vectors, of_image, unpacked
from core.vision.vectors.search import VectorSearch

_MAX_QUERY_CHARS = 500
_HAS_WORD, _HAS_ALL = 0.5, 0.5
"""Added to the cosine: for the share of the words of the query that an image has, and when it has all of them."""
_MIN_COSINE = 0.25
"""An image that has none of the words is found only above this; chosen by eye, not measured."""
_CANDIDATES = 500
_PICTURES, _MOST_LIKE = 60, 0.5
"""How many images are found by what they look like, and the score of the best of them; it falls to 0 with the rank.

Cosines of words and pictures say little by themselves: of CLIP they are 0.2 to 0.3, of SigLIP below 0.2.
"""
EXAMPLE = "example-"
"""Begins the ids of example images, which are in no project."""
_MAX_EXAMPLES = 200


class ImageSearch:
    """Finds images of a project by their vectors."""

    def __init__(self, db_session: Database) -> None:
        self._db = db_session
        self._vectors = db_session.shared(VectorSearch)
        self._examples: OrderedDict[str, tuple[str, dict[str, Vectors]]] = OrderedDict()
        self._lock = threading.Lock()

    def find_similar(self, image_id: str, limit: int = 20) -> list[tuple[Images, float]]:
        """See :meth:`core.images.ImageService.find_similar`."""
        image, kind = self._image_and_kind(image_id)
        return self._vectors.similar_to(image.id, kind, limit)

    def rank_similar(self, project_id: str, image_id: str, limit: int, within: Container[str] | None) -> list[Near]:
        """Return the images that are most similar to one, or to an example, best first; deleted ones too.

        Args:
            image_id: of an image of the project, which comes first itself, or what :meth:`add_example` returned.
            within: ids of the images that are wanted; None for all.

        Raises:
            NotFoundError: the project has no such image, or the example is gone.
            InvalidInputError: the image, or the project, has no vector to compare.
        """
        if image_id.startswith(EXAMPLE):
            kind, vector = self._example(project_id, image_id)
            return self._nearest(project_id, kind, vector, limit, within)
        image, kind = self._image_and_kind(image_id)
        if image.project_id != project_id:
            raise NotFoundError("This image is not in the project.")
        with self._db.reading() as session:
            own = of_image(session, image_id, kind)
        if own is None:
            raise InvalidInputError("This image has no vector yet. Run Analyze images with Similarity, then try again.")
        return self._nearest(project_id, kind, own, limit, within)

    def add_example(self, name: str, vectors: Mapping[str, bytes]) -> str:
        """Keep the vectors of an image that is in no project, for :meth:`rank_similar`; return its id."""
        id_ = f"{EXAMPLE}{sha256(b''.join(vectors.values())).hexdigest()[:12]}"
        unpacked_ones = {kind: unpacked([vector])[0].astype(np.float32) for kind, vector in vectors.items()}
        with self._lock:
            self._examples[id_] = name, unpacked_ones
            while len(self._examples) > _MAX_EXAMPLES:
                self._examples.popitem(last=False)
        return id_

    def example_name(self, id_: str) -> str | None:
        """Return the name of the file of an example; None when it is not here any more."""
        with self._lock:
            return self._examples[id_][0] if id_ in self._examples else None

    def _example(self, project_id: str, id_: str) -> tuple[str, Vectors]:
        """Return the vector of an example, of the kind of which the project has most, with the kind."""
        with self._lock:
            _, vectors = self._examples.get(id_, ("", None))
        if vectors is None:
            raise NotFoundError("The example image is not here any more. Drop it into the search box again.")
        counts = {kind: self._vectors.state(project_id, kind).count for kind in vectors}
        kind = max(counts, key=lambda one: counts[one], default="")
        if not counts.get(kind):
            raise InvalidInputError(
                "The images of this project have no vectors to compare with. Run Analyze images with Similarity first."
            )
        return kind, vectors[kind]

    def _image_and_kind(self, image_id: str) -> tuple[Images, str]:
        """Return an image, and the kind of its vectors by which it is compared; "" without any."""
        with self._db.reading() as session:
            image = session.get(Images, image_id)
            if image is None or not image.is_in_library:
                raise NotFoundError("This image does not exist any more.")
            query = select(ImageVectors.kind).where(ImageVectors.image_id == image_id, ImageVectors.kind != WORDS)
            kinds = list(session.exec(query.order_by(col(ImageVectors.update_at).desc())))
        return image, self._most_complete(image.project_id, kinds)

    def _nearest(
        self, project_id: str, kind: str, vector: Vectors, limit: int, within: Container[str] | None
    ) -> list[Near]:
        is_wanted = None if within is None else within.__contains__
        return self._vectors.nearest_wanted(project_id, kind, vector, limit, is_wanted)

    def _most_complete(self, project_id: str, kinds: Sequence[str]) -> str:
        """Return which of *kinds*, the newest first, most images of a project have, "" of none.

        While images are analyzed anew, by another model, they are compared by the vectors that they had before.
        """
        if len(kinds) < 2:
            return next(iter(kinds), "")
        return max(kinds, key=lambda kind: self._vectors.state(project_id, kind).count)

    def by_words(self, project_id: str, text: str, limit: int = 60) -> list[tuple[Images, float]]:
        """See :meth:`core.images.ImageService.search_images`."""
        near = self.rank_by_words(project_id, text)
        found: list[tuple[Images, float]] = []
        with self._db.reading() as session:
            for start in range(0, len(near), _CANDIDATES):
                some = {one.image_id: one.score for one in near[start : start + _CANDIDATES]}
                rows = session.exec(select(Images).where(col(Images.id).in_(list(some)), in_library()))
                images = {row.id: row for row in rows}
                found += [(images[image_id], score) for image_id, score in some.items() if image_id in images]
                if len(found) >= limit:
                    break
        return found[:limit]

    def rank_by_words(self, project_id: str, text: str, within: Container[str] | None = None) -> list[Near]:
        """Return the images that *text* finds, best first; deleted ones too.

        Args:
            within: ids of the images that are wanted; None for all.

        Raises:
            InvalidInputError: *text* is empty.
        """
        words = [word_stem(word) for word in content_words(re.findall(r"\w+", text[:_MAX_QUERY_CHARS]))]
        if not words:
            raise InvalidInputError("Write what the images should show.", field="q")
        (vector,) = text_vectors.embed([text[:_MAX_QUERY_CHARS]])
        near = self._nearest(project_id, WORDS, vector, _CANDIDATES, within)
        scores = {one.image_id: one.score for one in near if one.score >= _MIN_COSINE}
        for rank, one in enumerate(self._pictures_like(project_id, text[:_MAX_QUERY_CHARS], within)):
            scores[one.image_id] = scores.get(one.image_id, 0.0) + _MOST_LIKE * (1 - rank / _PICTURES)
        with self._db.reading() as session:
            having = _with_words(session, project_id, words, scores)
        for image_id, share in having.items():
            if within is None or image_id in within:
                scores[image_id] = scores.get(image_id, 0.0) + _HAS_WORD * share + (_HAS_ALL if share == 1 else 0)
        return [Near(id_, scores[id_]) for id_ in sorted(scores, key=lambda id_: (-scores[id_], id_))]

    def _pictures_like(self, project_id: str, text: str, within: Container[str] | None) -> list[Near]:
        """Return the images that look like what *text* says, by a model of one's own for both; none without it."""
        model = find_own_model(self._db.settings)
        if model is None or model.text is None or not package_version("onnxruntime"):
            return []
        with self._db.reading() as session:
            query = select(ImageVectors.kind).where(
                ImageVectors.project_id == project_id, col(ImageVectors.kind).startswith(f"{model.version}, ")
            )
            kind = session.exec(query.limit(1)).first()
        if kind is None:
            return []
        from core.vision.embedding.words import embed_words

        return self._nearest(project_id, kind, embed_words(model, text), _PICTURES, within)


def _share(row: ImageTexts, words: list[str]) -> float:
    whole = f"{row.seen}\n{row.words}"
    return sum(word in whole for word in words) / len(words)


def _with_words(session: Session, project_id: str, words: list[str], near: Iterable[str]) -> dict[str, float]:
    """Return the share of *words* that images have, in their text or about them: of *near*, and of those with most."""
    texts = select(ImageTexts).where(ImageTexts.project_id == project_id)
    shares = {row.image_id: _share(row, words) for row in session.exec(texts.where(col(ImageTexts.image_id).in_(near)))}
    has = [or_(holds_text(col(ImageTexts.seen), word), holds_text(col(ImageTexts.words), word)) for word in words]
    number = sum((case((one, 1), else_=0) for one in has[1:]), case((has[0], 1), else_=0))
    with_some = (
        select(ImageTexts.image_id, number)
        .where(ImageTexts.project_id == project_id, or_(*has))
        .order_by(number.desc(), col(ImageTexts.image_id))
        .limit(MAX_BY_WORDS)
    )
    shares |= {image_id: count / len(words) for image_id, count in session.exec(with_some)}
    return {image_id: share for image_id, share in shares.items() if share}
