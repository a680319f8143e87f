"""Asking the question of an entry about a similar image, and keeping both when the answers differ."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlmodel import Session, col, select

from core.checks.twins import relation
from core.checks.twins.candidates import asked_images, differs
from core.dataset.edits import UserAction, entry_by_id
from core.dataset.entry_images import image_columns, images_by_ids
from core.dataset.values import checked
from core.db import Database, ImageDatasets, Images, Questions, has_one_image, question_key
from core.errors import InvalidInputError
from core.llm import ChatReply, DatabaseLedger, ImagePart, LLMService, ModelConfig
from core.questions import ImageEvidence, answering, grounding, store, verifiable
from core.questions.store import Origin

if TYPE_CHECKING:
    from core.images import ImageService


@dataclass(frozen=True)
class AskedCandidate:
    """A candidate with the answer of a model."""

    image: Images
    values: dict[str, Any]
    """Columns of the entry that would be stored."""
    replies: Sequence[ChatReply]
    is_refused: bool = False
    """Whether no program can verify the answer, although the task of the entry asks for one that can be verified."""

    @property
    def answer(self) -> str:
        return str(self.values.get("answer", ""))

    @property
    def doubt(self) -> str:
        """Why the answer cannot be taken; empty when it can."""
        if self.is_refused:
            return "The model gave no answer that a program can verify, as the task of this entry asks for."
        return str(self.values.get("needs_review", "")) if self.values else "The model gave no answer."


class TwinDrafter:
    """Asks about candidates, and stores pairs."""

    def __init__(self, db_session: Database, llm_service: LLMService, image_service: "ImageService") -> None:
        self._db = db_session
        self._llm = llm_service
        self._images = image_service
        self.evidence = ImageEvidence(db_session, llm_service, image_service)

    async def ask(
        self, entry: ImageDatasets, image: Images, config: ModelConfig, ledger: DatabaseLedger, task_id: str | None
    ) -> AskedCandidate:
        """Ask the question of *entry* about *image*.

        Raises:
            LLMError: the call failed.
            VitrineError: the image cannot be read.
        """
        part = await self.evidence.complete(image, await asyncio.to_thread(self.part, image, config), config)
        question = asked_question(entry, image)
        only_verifiable = await asyncio.to_thread(self.wants_verifiable, entry)
        given = await answering.answer(
            self._llm, config, [question], part, entry.language, ledger=ledger, verifiable=only_verifiable
        )
        values: dict[str, Any] = {}
        if question.id in given.answers:
            last = given.replies[-1]
            origin = Origin(last.model, entry.language, task_id, last.call_id)
            values = store.entry_values(
                image, question, given.answers[question.id], origin, given.boxes.get(question.id)
            )
        return AskedCandidate(image, values, given.replies, bool(given.unverifiable))

    def wants_verifiable(self, entry: ImageDatasets) -> bool:
        """Return whether the task of *entry* stores only answers that a program can verify."""
        with self._db.reading() as session:
            return verifiable.is_wanted(session, entry.task_id)

    def part(self, image: Images, config: ModelConfig) -> ImagePart:
        """Return the image as it is sent, with the evidence that is stored."""
        part = grounding.image_part(self._images.model_image(image, config.max_side_px), image)
        return replace(part, seen=self.evidence.stored([image])[image.id])


def asked_question(entry: ImageDatasets, image: Images) -> Questions:
    """Return the question of *entry* about *image*, as a row that is not stored."""
    return Questions(
        project_id=entry.project_id, image_id=image.id, question=entry.question,
        question_key=question_key(entry.question), language=entry.language, kind=entry.kind,
        answer_type=entry.answer_type, options=entry.options,
    )  # fmt: skip


def keep_asked(
    session: Session, entry_id: str, version: int, asked: AskedCandidate, action: UserAction
) -> ImageDatasets | None:
    """Store the entry of a candidate as the twin of an entry; None when the entry was changed or asked about meanwhile.

    Raises:
        NotFoundError: the entry was deleted.
    """
    entry = entry_by_id(session, entry_id)
    if entry.version != version or entry.rejected or asked_images(session, entry, [asked.image.id]):
        return None
    row = _stored_question(session, entry, asked.image)
    twin = ImageDatasets(**asked.values | {"question_id": row.id, "tags": relation.TAG})
    session.add(twin)
    session.flush()
    relation.record(session, entry, twin, action)
    return twin


def keep_typed(session: Session, entry_id: str, image_id: str, answer: str, action: UserAction) -> ImageDatasets:
    """Store an answer that a person gave about a candidate, as the twin of an entry.

    Raises:
        NotFoundError: the entry or the image was deleted.
        InvalidInputError: the answer is that of the entry, breaks the rules of its type, or the image was asked the
            same question before.
    """
    entry = entry_by_id(session, entry_id)
    (image,) = images_by_ids(session, entry.project_id, [image_id])
    check_may_be_twin(session, entry, image)
    if not differs(entry.answer, answer, entry.answer_type, entry.language):
        raise InvalidInputError(same_answer(answer), field="answer")
    given = {"question": entry.question, "answer": answer, "answer_type": entry.answer_type, "options": entry.options}
    stored = checked(given, answer_type="text", options=None, images=[image])
    twin = ImageDatasets(
        project_id=entry.project_id, question_id=_stored_question(session, entry, image).id, kind=entry.kind,
        language=entry.language, tags=relation.TAG, **image_columns([image]), **stored,
    )  # fmt: skip
    session.add(twin)
    session.flush()
    relation.record(session, entry, twin, action)
    return twin


def check_may_be_twin(session: Session, entry: ImageDatasets, image: Images) -> None:
    """Check that the question of *entry* can be asked about *image*.

    Raises:
        InvalidInputError: it was asked already, or the entry is about several images or a turn of a conversation.
    """
    if entry.more_image_ids or entry.conversation_id is not None:
        raise InvalidInputError("Only a single question about one image can have a twin.")
    if image.id == entry.image_id or asked_images(session, entry, [image.id]):
        raise InvalidInputError(f"{image.image_name} was asked this question already. Choose another image.")


def same_answer(answer: str) -> str:
    """Return the sentence for an answer that makes no twin."""
    return f"The answer is {answer} here too, so it makes no twin. Choose another image."


def _stored_question(session: Session, entry: ImageDatasets, image: Images) -> Questions:
    new = asked_question(entry, image)
    same = select(Questions).where(
        Questions.image_id == image.id, Questions.language == new.language, Questions.question_key == new.question_key,
        has_one_image(Questions), col(Questions.deleted_at).is_(None),
    )  # fmt: skip
    if (row := session.exec(same).first()) is not None:
        return row
    session.add(new)
    session.flush()
    return new
