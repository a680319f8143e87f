"""Which images may be the twin of an entry: similar ones where the answer should differ."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from sqlmodel import Session, col, select

from core.checks.answers import answer_key
from core.db import Database, ImageDatasets, Images
from core.export.selecting.splits import Families, load_families
from core.llm.offline.see.answers import answer
from core.llm.offline.see.scene import Scene
from core.llm.offline.see.vocabulary import read_question
from core.questions import ImageEvidence

MIN_CANDIDATES, MAX_CANDIDATES = 6, 24
"""As many as VQA v2 showed its annotators at most."""
_MORE = 3
"""How many times as many similar images are looked at, for those that are left out."""
Speaks = Literal["against", "", "for"]


@dataclass(frozen=True)
class Candidate:
    """An image that may be the twin of an entry."""

    image: Images
    similarity: float
    """Cosine of the vectors."""
    speaks: Speaks
    """Whether what analyzers found in it speaks against the answer of the entry, or for it; empty when neither."""
    seen: str = ""
    """The answer that follows from what was found."""


class TwinCandidates:
    """Finds candidates among the images of one project."""

    def __init__(self, db_session: Database, evidence: ImageEvidence) -> None:
        from core.vision.search import ImageSearch  # it loads numpy, which the first page needs not

        self._db = db_session
        self._evidence = evidence
        self._search = ImageSearch(db_session)
        # Entries of one image have the same neighbors.
        self._similar = cache(self._search.find_similar)
        self._families = cache(self._load_families)

    def of(self, entry: ImageDatasets, limit: int = MAX_CANDIDATES) -> list[Candidate]:
        """Return candidates: those that speak against the answer first, those that speak for it last, nearest first.

        Left out are images of the same family, such as near-duplicates and variants, and those that were asked the
        same question.

        Raises:
            InvalidInputError: the image has no vector yet.
            NotFoundError: the image does not exist any more.
        """
        families = self._families(entry.project_id)
        own = families.root(entry.image_id)
        near = [
            (image, score)
            for image, score in self._similar(entry.image_id, limit * _MORE)
            if families.root(image.id) != own
        ]
        with self._db.reading() as session:
            asked = asked_images(session, entry, [image.id for image, _ in near])
        near = [(image, score) for image, score in near if image.id not in asked][:limit]
        seen = self._evidence.stored([image for image, _ in near])
        found = [Candidate(image, score, *_speaks(entry, seen[image.id])) for image, score in near]
        return sorted(found, key=lambda one: ("against", "", "for").index(one.speaks))

    def _load_families(self, project_id: str) -> Families:
        with self._db.reading() as session:
            return load_families(session, project_id)


def asked_images(session: Session, entry: ImageDatasets, image_ids: list[str]) -> set[str]:
    """Return which of the images have an entry with the same question."""
    same = select(ImageDatasets.image_id).where(
        col(ImageDatasets.image_id).in_(image_ids), ImageDatasets.question == entry.question,
        col(ImageDatasets.deleted_at).is_(None),
    )  # fmt: skip
    return set(session.exec(same))


def differs(first: str, second: str, answer_type: str = "text", language: str = "") -> bool:
    """Return whether two answers to one question say something different.

    Not when one only says more than the other, as "yes" and "Yes, there is a dog." do.
    """
    one = answer_key(first, answer_type, language).split()
    other = answer_key(second, answer_type, language).split()
    length = min(len(one), len(other))
    return length > 0 and one[:length] != other[:length]


def _speaks(entry: ImageDatasets, seen: Mapping[str, Any]) -> tuple[Speaks, str]:
    """Return what the stored results of the analyzers say of the answer, as offline/see would answer from them."""
    scene = Scene.of(seen)
    read = read_question(entry.question, entry.language, scene.labels)
    given = answer(read[0], scene, read[1]) if read else None
    if given is None or not given.text or given.doubt:
        return "", ""
    return ("against" if differs(given.text, _plain(entry), "text", entry.language) else "for"), given.text


def _plain(entry: ImageDatasets) -> str:
    """Return a label or value as words, and any other answer as it is."""
    if entry.answer_type == "text":
        return entry.answer
    return answer_key(entry.answer, entry.answer_type, entry.language)
