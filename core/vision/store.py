"""Stored results of analyzers: writing them with what is derived from them, and reading them."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, delete, func
from sqlmodel import Session, col, select

from core.db import (
    Database,
    ImageAnalyses,
    ImageFindings,
    Images,
    ImageTexts,
    ImageVectors,
    cached_until_write,
    in_library,
    insert_rows,
)
from core.db.base import new_values
from core.vision.analyzers import analyzers
from core.vision.analyzers.base import Analysis

_IDS_PER_QUERY = 500
EMBEDDING = "embedding"
"""The analyzer whose results are vectors."""
WORDS = "wordllama-256"
"""The kind of the vectors of the words about images, which are derived from the results."""


@dataclass(frozen=True)
class AnalyzedCount:
    """How many images of a project an analyzer has seen."""

    current: int
    """With its present version."""
    stale: int
    """With another version only."""
    missing: int


@dataclass(frozen=True)
class ResultSource:
    """What made a result."""

    version: str
    """Program and weights, or the model with the number of its prompt."""
    model: str
    """The vision model; empty for a local one."""
    at: datetime


@dataclass(frozen=True)
class LabelCount:
    """A label with the number of images it was found in."""

    label: str
    images: int


class AnalysisStore:
    """Reads the results of analyzers."""

    def __init__(self, db_session: Database) -> None:
        self._db = db_session

    def get_analysis(self, image_id: str) -> dict[str, Any]:
        """Return the results for an image by analyzer, see :mod:`core.vision.results`; without those it lacks."""
        return self.get_analyses([image_id]).get(image_id, {})

    def get_analyses(self, image_ids: Sequence[str], *, project_id: str | None = None) -> dict[str, dict[str, Any]]:
        """Return the results for images, by image and analyzer; with *project_id* of its images only."""
        found: dict[str, dict[str, Any]] = {}
        with self._db.reading() as session:
            for some in _parts(image_ids):
                query = select(ImageAnalyses).where(col(ImageAnalyses.image_id).in_(some))
                if project_id is not None:
                    query = query.where(ImageAnalyses.project_id == project_id)
                for row in session.exec(query):
                    found.setdefault(row.image_id, {})[row.analyzer] = row.result
        return found

    def sources(self, image_id: str) -> dict[str, ResultSource]:
        """Return by analyzer what made the results for an image."""
        query = select(ImageAnalyses).where(ImageAnalyses.image_id == image_id, col(ImageAnalyses.version) != "")
        with self._db.reading() as session:
            return {row.analyzer: ResultSource(row.version, row.model, row.update_at) for row in session.exec(query)}

    def get_rows(self, image_ids: Sequence[str]) -> dict[str, list[ImageAnalyses]]:
        """Return the results for images with their versions, by image; results of no version are left out."""
        found: dict[str, list[ImageAnalyses]] = {}
        with self._db.reading() as session:
            for some in _parts(image_ids):
                query = select(ImageAnalyses).where(col(ImageAnalyses.image_id).in_(some), ImageAnalyses.version != "")
                for row in session.exec(query):
                    found.setdefault(row.image_id, []).append(row)
        return found

    @cached_until_write
    def has_results(self, project_id: str, names: Sequence[str]) -> bool:
        """Return whether one of the analyzers *names* has a result for an image of the project."""
        query = select(ImageAnalyses.id).where(
            ImageAnalyses.project_id == project_id, col(ImageAnalyses.analyzer).in_(names)
        )
        with self._db.reading() as session:
            return session.exec(query.limit(1)).first() is not None

    @cached_until_write
    def count(self, project_id: str, analyzer: str, version: str) -> AnalyzedCount:
        """Return how many images of a project have a result of *version*, of another one, and none."""
        total = select(func.count()).select_from(Images).where(Images.project_id == project_id, in_library())
        query = _versions(project_id, analyzer)
        with self._db.reading() as session:
            return _counted(version, session.exec(total).one(), session.exec(query).all())

    def count_of(self, project_id: str, analyzer: str, version: str, image_ids: Sequence[str]) -> AnalyzedCount:
        """Return the same for those of *image_ids* that are images of the project."""
        total, by_version = 0, Counter[str]()
        with self._db.reading() as session:
            for some in _parts(image_ids):
                chosen = col(Images.id).in_(some)
                query = select(func.count()).select_from(Images).where(Images.project_id == project_id, in_library())
                total += session.exec(query.where(chosen)).one()
                by_version.update(dict(session.exec(_versions(project_id, analyzer).where(chosen)).all()))
        return _counted(version, total, by_version.items())

    @cached_until_write
    def labels(self, project_id: str, analyzer: str, limit: int = 100) -> list[LabelCount]:
        """Return the labels that *analyzer* found, the most frequent first."""
        count = func.count().label("images")
        query = (
            select(col(ImageFindings.label), count)
            .join(Images, col(Images.id) == col(ImageFindings.image_id))
            .where(ImageFindings.project_id == project_id, ImageFindings.analyzer == analyzer, in_library())
            .group_by(col(ImageFindings.label))
            .order_by(count.desc(), col(ImageFindings.label))
            .limit(limit)
        )
        with self._db.reading() as session:
            return [LabelCount(label, images) for label, images in session.exec(query)]

    def image_ids_to_analyze(
        self, project_id: str, analyzer: str, version: str | None, *, image_ids: Sequence[str] | None = None
    ) -> list[str]:
        """Return the ids of the images, oldest first, that have no result of *version*; of *image_ids* if given.

        Without a *version* those that have no result at all.
        """
        has_result = and_(
            col(ImageAnalyses.image_id) == col(Images.id), col(ImageAnalyses.analyzer) == analyzer,
            # A row without a version only keeps what a person removed.
            col(ImageAnalyses.version) != "" if version is None else col(ImageAnalyses.version) == version,
        )  # fmt: skip
        query = (
            select(Images.id)
            .outerjoin(ImageAnalyses, has_result)
            .where(Images.project_id == project_id, in_library(), col(ImageAnalyses.id).is_(None))
            .order_by(col(Images.create_at), col(Images.id))
        )
        with self._db.reading() as session:
            found = list(session.exec(query))
        if image_ids is None:
            return found
        chosen = set(image_ids)
        return [image_id for image_id in found if image_id in chosen]


def _versions(project_id: str, analyzer: str) -> Any:
    """Return the query of the versions of results with their counts; a row without one only keeps what was removed."""
    return (
        select(col(ImageAnalyses.version), func.count())
        .join(Images, col(Images.id) == col(ImageAnalyses.image_id))
        .where(
            ImageAnalyses.project_id == project_id, ImageAnalyses.analyzer == analyzer,
            col(ImageAnalyses.version) != "", in_library(),
        )
        .group_by(col(ImageAnalyses.version))
    )  # fmt: skip


def _counted(version: str, images: int, by_version: Iterable[tuple[str, int]]) -> AnalyzedCount:
    counts = dict(by_version)
    current = counts.pop(version, 0)
    stale = sum(counts.values())
    return AnalyzedCount(current, stale, images - current - stale)


def write(
    session: Session, project_id: str, analyzer: str, version: str, analyses: Mapping[str, Analysis],
    word_vectors: Mapping[str, bytes] | None = None,
) -> int:  # fmt: skip
    """Store the analysis of each image by its id, in the caller's transaction; return how many were stored.

    Images that were deleted meanwhile are left out. What a person removed stays removed. *word_vectors* are those of
    the images by id where they are known: the first ones that are made import libraries for 0.4 s.
    """
    wanted = select(Images.id).where(col(Images.id).in_(list(analyses)), Images.project_id == project_id)
    present = set(session.exec(wanted))
    kept = {image_id: analysis for image_id, analysis in analyses.items() if image_id in present}
    of_images = col(ImageAnalyses.image_id).in_(list(kept)), col(ImageAnalyses.analyzer) == analyzer
    earlier = {row.image_id: row.result for row in session.exec(select(ImageAnalyses).where(*of_images))}
    session.execute(delete(ImageAnalyses).where(*of_images))
    insert_rows(
        session, ImageAnalyses,
        (
            new_values(
                ImageAnalyses, project_id=project_id, image_id=image_id, analyzer=analyzer, version=version,
                model=analysis.model, score=analysis.score,
                result=_with_removed(dict(analysis.result), earlier.get(image_id, {})),
            )
            for image_id, analysis in kept.items()
        ),
    )  # fmt: skip
    _remove_old_vectors(session, kept)
    for kind in {kind for analysis in kept.values() for kind in analysis.vectors}:
        made = {image_id: analysis.vectors[kind] for image_id, analysis in kept.items() if kind in analysis.vectors}
        _write_vectors(session, project_id, list(made), kind, made)
    derive(session, project_id, list(kept), word_vectors)
    return len(kept)


def _remove_old_vectors(session: Session, analyses: Mapping[str, Analysis]) -> None:
    """Remove the vectors of images but those of the version before: it is searched until all images have new ones."""
    new = {image_id: set(analysis.vectors) for image_id, analysis in analyses.items() if analysis.vectors}
    if not new:
        return
    columns = select(ImageVectors.id, ImageVectors.image_id, ImageVectors.kind)
    query = columns.where(col(ImageVectors.image_id).in_(list(new)), ImageVectors.kind != WORDS)
    before: dict[str, str] = {}
    old = []
    for id_, image_id, kind in session.exec(query.order_by(col(ImageVectors.update_at).desc())):
        if kind not in new[image_id] and before.setdefault(image_id, kind) != kind:
            old.append(id_)
    if old:
        session.execute(delete(ImageVectors).where(col(ImageVectors.id).in_(old)))


def _with_removed(result: dict[str, Any], earlier: Mapping[str, Any]) -> dict[str, Any]:
    """Return a result with what a person removed from an earlier one; removed tags are not proposed again."""
    if not earlier.get("removed"):
        return result
    gone = {tag.lower() for tag in earlier["removed"]}
    if "tags" in result:
        result["tags"] = [item for item in result["tags"] if item["tag"].lower() not in gone]
    return {**result, "removed": earlier["removed"]}


def _write_vectors(
    session: Session, project_id: str, image_ids: Sequence[str], kind: str, vectors: Mapping[str, bytes]
) -> None:
    """Replace the vectors of one kind that images have."""
    of_images = col(ImageVectors.image_id).in_(list(image_ids)), col(ImageVectors.kind) == kind
    session.execute(delete(ImageVectors).where(*of_images))
    insert_rows(
        session, ImageVectors,
        (
            new_values(ImageVectors, project_id=project_id, image_id=image_id, kind=kind, vector=vector)
            for image_id, vector in vectors.items()
        ),
    )  # fmt: skip


def derive(
    session: Session, project_id: str, image_ids: Sequence[str], word_vectors: Mapping[str, bytes] | None = None
) -> None:
    """Make the findings, texts and vectors of words of images anew from their results, in the caller's transaction."""
    for some in _parts(image_ids):
        for table in (ImageFindings, ImageTexts):
            session.execute(delete(table).where(col(table.image_id).in_(some)))
        rows = list(session.exec(select(ImageAnalyses).where(col(ImageAnalyses.image_id).in_(some))))
        known = [row for row in rows if row.analyzer in analyzers()]
        insert_rows(session, ImageFindings, _findings(project_id, known))
        texts = list(_texts(project_id, known))
        insert_rows(session, ImageTexts, texts)
        made = _word_vectors(texts) if word_vectors is None else word_vectors
        _write_vectors(session, project_id, some, WORDS, {id_: made[id_] for id_ in some if id_ in made})


def _word_vectors(texts: Sequence[Mapping[str, str]]) -> dict[str, bytes]:
    """Return the vector of the words about each image, with the text in it, by image id."""
    from core.vision import text_vectors  # they import numpy: not at the start of the server
    from core.vision.vectors.rows import packed

    said = {row["image_id"]: f"{row['words']}\n{row['seen']}".strip() for row in texts}
    with_words = {image_id: words for image_id, words in said.items() if words}
    vectors = text_vectors.embed(list(with_words.values()))
    return {image_id: packed(vector) for image_id, vector in zip(with_words, vectors, strict=True)}


def _findings(project_id: str, rows: Iterable[ImageAnalyses]) -> Iterable[dict[str, Any]]:
    for row in rows:
        for found in analyzers()[row.analyzer].findings(row.result):
            yield {"project_id": project_id, "analyzer": row.analyzer, "image_id": row.image_id, **vars(found)}


def _texts(project_id: str, rows: Iterable[ImageAnalyses]) -> Iterable[dict[str, Any]]:
    seen: dict[str, list[str]] = {}
    words: dict[str, list[str]] = {}
    for row in rows:
        analyzer = analyzers()[row.analyzer]
        seen.setdefault(row.image_id, []).append(analyzer.seen(row.result))
        words.setdefault(row.image_id, []).append(analyzer.words(row.result))
    for image_id in seen:
        yield {
            "image_id": image_id, "project_id": project_id, "seen": _joined(seen[image_id]),
            "words": _joined(words[image_id]),
        }  # fmt: skip


def _joined(texts: Iterable[str]) -> str:
    return "\n".join(text for text in texts if text).lower()


def _parts(ids: Sequence[str]) -> Iterable[list[str]]:
    return (list(ids[start : start + _IDS_PER_QUERY]) for start in range(0, len(ids), _IDS_PER_QUERY))
