"""The order of the images that words or ``similar:`` find: the best first."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import case, or_
from sqlmodel import col, select

from core.db import Database, Images, in_library
from core.db.text import holds_text
from core.images.image_query import SIMILAR, ImageQuery
from core.images.stop_words import content_words, word_stem

MAX_BY_WORDS = 4_000
"""Words find at most so many images, the best ones."""
MAX_SIMILAR = 500
_HAS_IN_NAME = 1.0
"""Added to the score of an image with all words in its name, of some their share: as much as for its texts."""


@dataclass(frozen=True)
class Ranking:
    """Images, the best first, and how good each is: the cosine, or for words a sum that only orders."""

    ids: tuple[str, ...]
    scores: tuple[float, ...]


def ranked(db: Database, search: Any, project_id: str, query: ImageQuery, within: frozenset[str] | None) -> Ranking:
    """Return the images that the words and ``similar:`` of *query* find; by both, in the order of the latter.

    Args:
        search: a ``core.vision.search.ImageSearch``.
        within: the images that the other terms select; None for all.
    """
    if query.words:
        scores = {near.image_id: near.score for near in search.rank_by_words(project_id, query.words, within)}
        for image_id, share in _named(db, project_id, content_words(query.words.split())).items():
            if within is None or image_id in within:
                scores[image_id] = scores.get(image_id, 0.0) + _HAS_IN_NAME * share
        within = frozenset(_best(db, scores, MAX_BY_WORDS))
    for image_id in query.values(SIMILAR):
        near_ones = search.rank_similar(project_id, image_id, MAX_SIMILAR, within)
        scores = {near.image_id: near.score for near in near_ones}
        within = frozenset(scores)
    ids = _best(db, scores, MAX_BY_WORDS)
    return Ranking(tuple(ids), tuple(scores[id_] for id_ in ids))


def _named(db: Database, project_id: str, words: Sequence[str]) -> dict[str, float]:
    """Return the share of *words* that the names of images have; of those with most."""
    has = [holds_text(col(Images.image_name), word_stem(word)) for word in words]
    number = sum((case((one, 1), else_=0) for one in has[1:]), case((has[0], 1), else_=0))
    named = select(Images.id, number).where(Images.project_id == project_id, in_library(), or_(*has))
    with db.reading() as session:
        found = session.exec(named.order_by(number.desc(), col(Images.id)).limit(MAX_BY_WORDS))
        return {image_id: count / len(words) for image_id, count in found}


def _best(db: Database, scores: dict[str, float], limit: int) -> list[str]:
    """Return the ids of the best images that exist, in their order."""
    best = sorted(scores, key=lambda id_: (-scores[id_], id_))[:limit]
    with db.reading() as session:
        present = set(session.exec(select(Images.id).where(col(Images.id).in_(best), in_library())))
    return [id_ for id_ in best if id_ in present]
