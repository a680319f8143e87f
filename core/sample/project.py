"""Making the sample project, and how many of its wrong answers were found."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, func, select

from core.checks.twins import relation
from core.dataset.edits import UserAction
from core.db import Database, ImageDatasets, Images, Projects, cached_until_write, in_library
from core.errors import InvalidInputError
from core.images import ImageService
from core.importing.records import ImportedBox, Record, Turn
from core.importing.storing import Matched, store_records
from core.projects import ProjectService
from core.sample.photographs import Photograph, SampleQuestion, measured_files, objects_named, photographs
from core.sample.photographs import vectors as vectors_of_files
from core.sample.photographs import word_vectors as word_vectors_of_files
from core.vision import store
from core.vision.analyzers.base import Analysis

PROJECT_NAME = "Sample project"
SOURCE = "sample"
_AUTHOR = "Vitrine"
"""Who made what the sample has from the start: a reviewer undoes only what they did themselves."""
_VERSION = "Vitrine sample"
"""The version of the objects that come with the photographs; a detector that runs here has another."""
_TWIN_QUESTIONS = (
    "How many apples are on the cutting board?",
    "Does the clock show a time between nine and ten?",
    "Which of the lamps is switched on?",
)


@dataclass(frozen=True)
class WrongAnswers:
    """What became of the answers of a sample project that are wrong on purpose."""

    total: int
    caught: int
    """Rejected, or corrected."""
    missed: tuple[tuple[str, str], ...]
    """Those that were confirmed as they are: question and right answer."""


class SampleProjects:
    """Sample projects: photographs with questions, answers and boxes, and drawings without any."""

    def __init__(self, db_session: Database, image_service: ImageService) -> None:
        self._db = db_session
        self._images = image_service
        self._projects = ProjectService(db_session)

    def create(self, *, owner_id: str | None = None) -> Projects:
        """Create a project with the photographs, their entries and objects, the drawings, and vectors of all of them.

        Raises:
            InvalidInputError: every name for it is taken.
            StorageError: the disk is full or broken.
        """
        project = self._new_project(owner_id)
        outcomes = self._images.intake.add_measured(project.id, measured_files(), source=SOURCE)
        pairs = [(one, outcome.image) for one, outcome in zip(photographs(), outcomes, strict=False) if outcome.image]
        with self._db.transaction() as session:
            store_records(session, project.id, None, [matched for pair in pairs for matched in _records(*pair)])
            words = {image.id: word_vectors_of_files()[one.file] for one, image in pairs}
            objects = {image.id: _objects(one) for one, image in pairs}
            store.write(session, project.id, "objects", _VERSION, objects, words)
            kind, made = _vectors([outcome.image for outcome in outcomes if outcome.image])
            store.write(session, project.id, store.EMBEDDING, kind, made, words)
            _record_twins(session, project.id)
        return project

    @cached_until_write
    def is_sample(self, project_id: str) -> bool:
        """Return whether the project has photographs that a sample project came with."""
        query = select(Images.id).where(
            Images.project_id == project_id, Images.source == SOURCE,
            col(Images.image_name).in_([photograph.file for photograph in photographs()]),
        )  # fmt: skip
        with self._db.reading() as session:
            return session.exec(query.limit(1)).first() is not None

    def image_id(self, project_id: str, file: str) -> str | None:
        """Return the id of a photograph of a sample project; None when it is not there any more."""
        query = select(Images.id).where(
            Images.project_id == project_id, Images.source == SOURCE, Images.image_name == file, in_library()
        )
        with self._db.reading() as session:
            return session.exec(query).first()

    @cached_until_write
    def wrong_answers(self, project_id: str) -> WrongAnswers:
        """Return how many of the answers that are wrong on purpose were caught in a sample project."""
        with self._db.reading() as session:
            found = list(_found_wrong(session, project_id))
        caught = [row for row, wrong in found if row.rejected or row.answer != wrong.answer]
        missed = tuple(
            (wrong.question, wrong.right_answer) for row, wrong in found if row.confirmed and row.answer == wrong.answer
        )
        return WrongAnswers(len(found), len(caught), missed)

    def _new_project(self, owner_id: str | None) -> Projects:
        description = "21 photographs with questions and answers, and twelve drawings, to try Vitrine with."
        for number in range(1, 1000):
            name = PROJECT_NAME if number == 1 else f"{PROJECT_NAME} {number}"
            try:
                return self._projects.create_project(name, description, owner_id=owner_id)
            except InvalidInputError:
                continue
        raise InvalidInputError("There are too many sample projects. Delete some first.")


def _records(photograph: Photograph, image: Images) -> Iterator[Matched]:
    for one in photograph.questions:
        boxes = tuple(ImportedBox(thing.label, thing.xyxy) for thing in objects_named(photograph, one.question))
        turn = Turn(one.question, one.answer, boxes=boxes)
        yield Matched(Record(photograph.file, (photograph.file,), (turn,), language="en", kind=one.kind), [image.id])


def _objects(photograph: Photograph) -> Analysis:
    items = [{"label": one.label, "score": 1.0, "box_xyxy": list(one.xyxy)} for one in photograph.objects]
    return Analysis({"items": items}, score=1.0)


def _vectors(images: Sequence[Images]) -> tuple[str, dict[str, Analysis]]:
    kind, vectors = vectors_of_files()
    found = {image.id: vectors[image.image_name] for image in images}
    return kind, {image_id: Analysis({"kinds": [kind]}, vectors={kind: one}) for image_id, one in found.items()}


def _record_twins(session: Session, project_id: str) -> None:
    """Mark the questions whose answers differ between two photographs of a pair as twins."""
    query = select(ImageDatasets).where(
        ImageDatasets.project_id == project_id, col(ImageDatasets.question).in_(_TWIN_QUESTIONS)
    )
    rows = session.exec(query.order_by(col(ImageDatasets.create_at))).all()
    for question in _TWIN_QUESTIONS:
        pair = [row for row in rows if row.question == question]
        if len(pair) == 2:
            first, second = pair
            second.tags = relation.TAG
            relation.record(session, first, second, UserAction(relation.ACTION, _AUTHOR))


def _found_wrong(session: Session, project_id: str) -> Iterator[tuple[ImageDatasets, SampleQuestion]]:
    """Yield the entries that came with an answer that is wrong on purpose, each with its question in the sample."""
    wrong = {(one.file, asked.question): asked for one in photographs() for asked in one.questions if asked.is_wrong}
    asked_first = func.coalesce(ImageDatasets.generated_question, ImageDatasets.question)
    query = (
        select(ImageDatasets, Images.image_name, asked_first)
        .join(Images, col(Images.id) == col(ImageDatasets.image_id))
        .where(
            ImageDatasets.project_id == project_id, Images.source == SOURCE, col(ImageDatasets.deleted_at).is_(None),
            asked_first.in_([question for _, question in wrong]),
        )
    )  # fmt: skip
    for row, file, question in session.exec(query):
        if (file, question) in wrong:
            yield row, wrong[file, question]
