"""Finding images by another image, and by words."""

import re
from collections.abc import Iterable

from sqlalchemy import or_
from sqlmodel import Session, col, select

from core.db import Database, Images, ImageTexts, ImageVectors, in_library
from core.db.text import holds_text
from core.errors import InvalidInputError, NotFoundError
from core.vision import text_vectors
from core.vision.store import WORDS
from core.vision.vectors.search import VectorSearch

_MAX_QUERY_CHARS = 500
_HAS_WORD, _HAS_ALL = 0.5, 0.5
"""Added to the cosine: for the share of the words of the query that an image has, and when it has all of them."""
_MIN_COSINE = 0.25
"""An image that has none of the words is found only above this; chosen by eye, not measured."""
_CANDIDATES = 500


class ImageSearch:
    """Finds images of a project by their vectors."""

    def __init__(self, db_session: Database) -> None:
        self._db = db_session
        self._vectors = VectorSearch(db_session)

    def find_similar(self, image_id: str, limit: int = 20) -> list[tuple[Images, float]]:
        """See :meth:`core.images.ImageService.find_similar`."""
        with self._db.reading() as session:
            image = session.get(Images, image_id)
            if image is None or not image.is_in_library:
                raise NotFoundError("This image does not exist any more.")
            # The newest: after a model was added, images are compared by it as soon as they were analyzed again.
            query = select(ImageVectors.kind).where(ImageVectors.image_id == image_id, ImageVectors.kind != WORDS)
            kind = session.exec(query.order_by(col(ImageVectors.update_at).desc())).first()
        return self._vectors.similar_to(image_id, kind or "", limit)

    def by_words(self, project_id: str, text: str, limit: int = 60) -> list[tuple[Images, float]]:
        """See :meth:`core.images.ImageService.search_images`."""
        words = list(dict.fromkeys(re.findall(r"\w+", text[:_MAX_QUERY_CHARS].lower())))
        if not words:
            raise InvalidInputError("Write what the images should show.", field="q")
        (vector,) = text_vectors.embed([text[:_MAX_QUERY_CHARS]])
        near = self._vectors.nearest_ids(project_id, WORDS, vector, _CANDIDATES)
        scores = {one.image_id: one.score for one in near if one.score >= _MIN_COSINE}
        with self._db.reading() as session:
            having = _with_words(session, project_id, words, scores)
            for image_id, share in having.items():
                scores[image_id] = scores.get(image_id, 0.0) + _HAS_WORD * share + (_HAS_ALL if share == 1 else 0)
            best = sorted(scores, key=lambda image_id: (-scores[image_id], image_id))
            found: list[tuple[Images, float]] = []
            for start in range(0, len(best), _CANDIDATES):
                some = best[start : start + _CANDIDATES]
                rows = session.exec(select(Images).where(col(Images.id).in_(some), in_library()))
                images = {row.id: row for row in rows}
                found += [(images[image_id], scores[image_id]) for image_id in some if image_id in images]
                if len(found) >= limit:
                    break
        return found[:limit]


def _with_words(session: Session, project_id: str, words: list[str], near: Iterable[str]) -> dict[str, float]:
    """Return the share of *words* that images have, in their text or about them: of *near* and of those with all."""
    texts = select(ImageTexts).where(ImageTexts.project_id == project_id)
    has_all = [or_(holds_text(col(ImageTexts.seen), word), holds_text(col(ImageTexts.words), word)) for word in words]
    rows = list(session.exec(texts.where(*has_all).limit(_CANDIDATES)))
    rows += session.exec(texts.where(col(ImageTexts.image_id).in_(list(near))))
    shares = {}
    for row in rows:
        whole = f"{row.seen}\n{row.words}"
        shares[row.image_id] = sum(word in whole for word in words) / len(words)
    return {image_id: share for image_id, share in shares.items() if share}
