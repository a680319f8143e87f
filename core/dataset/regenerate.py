"""Regenerates the answer of one open entry with the model that gave it, or with one that the reviewer chooses."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlmodel import Session

from core.dataset.edits import UserAction, check_version, entry_by_id, write
from core.dataset.entry_images import images_by_ids
from core.db import Database, ImageDatasets, Images, Questions, Tasks
from core.errors import BadReplyError, ConflictError, InvalidInputError, NotFoundError
from core.llm import ChatReply, ChatRequest, DatabaseLedger, ImagePart, LLMService, ModelConfig, session_keys
from core.llm.schemas import AnswerList, GivenAnswer, PlacedAnswer, PlacedAnswerList
from core.questions import answering, grounding, verifiable
from core.questions.answer_types import checked_answer
from core.questions.answering import build_request
from core.questions.evidence import ImageEvidence
from core.questions.examples import NO_EXAMPLES
from core.questions.image_sets import image_set
from core.questions.language import entry_language_mismatch
from core.questions.text import MAX_ANSWER_CHARS, REPLY_HEAD_CHARS, clean
from core.tasks import models_of

if TYPE_CHECKING:
    from core.images import ImageService


NOT_VERIFIABLE = (
    "The model gave no answer that a program can verify, as the task of this entry asks for. The answer stays. Choose "
    "another model, or edit the answer."
)


class AnswerRegenerator:
    """Makes one model call for one entry; the new answer can be undone like an edit."""

    def __init__(self, db_session: Database, llm_service: LLMService, image_service: "ImageService") -> None:
        self._db = db_session
        self._llm = llm_service
        self._images = image_service
        self._evidence = ImageEvidence(db_session, llm_service, image_service)

    async def regenerate_answer(
        self, entry_id: str, version: int, action: UserAction, chosen: Mapping[str, Any] | None = None
    ) -> ImageDatasets:
        """Replace the answer by a new one of the same model with the settings of its task, or of the config *chosen*.

        Raises:
            NotFoundError: the entry or its image was deleted.
            InvalidInputError: the entry is decided, no model answered it and *chosen* names none, the tools of
                offline/see are missing, or its task stores only answers that a program can verify, and the model gave
                none twice.
            NoVisionError: the model is known not to see images.
            ConflictError: the entry was changed before the model replied; the ledger keeps the reply.
            LLMError: the call failed.
        """
        entry, images, config = await asyncio.to_thread(self._load, entry_id, version, chosen)
        self._evidence.require(config)
        part, *further = [await asyncio.to_thread(self._part, image) for image in images]
        part = await self._evidence.complete(images[0], part, config)
        names = [image.image_name for image in images]
        sent_with = image_set(names, further, entry.language, asks=False) if further else NO_EXAMPLES
        model = config.litellm_model
        only_verifiable = await asyncio.to_thread(self._wants_verifiable, entry)
        how: dict[str, Any] = {"examples": sent_with, "model": model, "fresh": True, "verifiable": only_verifiable}
        ledger = DatabaseLedger(self._db, purpose="answer again")
        reply, given = await self._ask(config, build_request([_question(entry)], part, entry.language, **how), ledger)
        if only_verifiable and _is_refused(given, entry):
            await asyncio.to_thread(ledger.settle_now, reply)
            correction = f"The last answers were not valid: {verifiable.problem_of(given.answer)}"
            request = build_request([_question(entry)], part, entry.language, correction, **how)
            reply, given = await self._ask(config, request, ledger)
            if _is_refused(given, entry):
                await asyncio.to_thread(ledger.settle_now, reply)
                raise InvalidInputError(NOT_VERIFIABLE, field="model")

        def store(session: Session) -> ImageDatasets:
            entry = _open_entry(session, entry_id, version)
            ledger.settle(session, reply)
            stored, review_reason = _stored_form(clean(given.answer, MAX_ANSWER_CHARS), entry)
            values: dict[str, Any] = {
                "answer": stored, "generated_answer": stored, "generated_question": entry.question,
                "needs_review": review_reason, "model": reply.model, "call_id": reply.call_id,
            }  # fmt: skip
            if isinstance(given, PlacedAnswer):
                reading = grounding.read(given, entry.kind, reply.model, part)
                values |= {"boxes": reading.boxes or None, "needs_review": review_reason or reading.problem}
            return write(session, entry, values, action)

        try:
            return await self._db.write(store)
        except (ConflictError, InvalidInputError, NotFoundError):
            await asyncio.to_thread(ledger.settle_now, reply)
            raise

    async def _ask(
        self, config: ModelConfig, request: ChatRequest, ledger: DatabaseLedger
    ) -> tuple[ChatReply, GivenAnswer]:
        reply = await self._llm.chat(config, request, ledger=ledger)
        try:
            return reply, _answer_of(reply)
        except BadReplyError as error:
            await asyncio.to_thread(ledger.reject, reply, str(error))
            raise

    def _wants_verifiable(self, entry: ImageDatasets) -> bool:
        with self._db.reading() as session:
            return verifiable.is_wanted(session, entry.task_id)

    def _part(self, image: Images) -> ImagePart:
        part = grounding.image_part(self._images.model_image(image), image)
        return replace(part, seen=self._evidence.stored([image])[image.id])

    def _load(
        self, entry_id: str, version: int, chosen: Mapping[str, Any] | None
    ) -> tuple[ImageDatasets, list[Images], ModelConfig]:
        with self._db.reading() as session:
            entry = _open_entry(session, entry_id, version)
            images = images_by_ids(session, entry.project_id, entry.image_ids)
            task = session.get(Tasks, entry.task_id) if entry.task_id else None
        if chosen is not None:
            return entry, images, ModelConfig.from_dict({"timeout_s": self._db.settings.llm_timeout_s, **chosen})
        return entry, images, self._config(entry, task)

    def _config(self, entry: ImageDatasets, task: Tasks | None) -> ModelConfig:
        """Return the model settings of the entry's task, with the API key that was passed for this session."""
        known = {"timeout_s": self._db.settings.llm_timeout_s}
        for index, config in enumerate(models_of(task.config) if task else []):
            model = ModelConfig.from_dict(known | {"model": entry.model} | config)
            if model.litellm_model == entry.model:
                return replace(model, api_key=session_keys.find(task.id, index) if task else None)
        if "/" not in entry.model:
            raise InvalidInputError(
                "This entry was not answered by a known model. Choose the model that answers it, or edit the answer.",
                field="model",
            )
        return ModelConfig.from_dict(known | {"model": entry.model})


def _open_entry(session: Session, entry_id: str, version: int) -> ImageDatasets:
    entry = entry_by_id(session, entry_id)
    if entry.decision != "open":
        raise InvalidInputError("This entry is decided, so its answer stays. Undo the decision to regenerate it.")
    check_version(entry, version, {})
    return entry


def _question(entry: ImageDatasets) -> Questions:
    """Return the question with the entry's wording, which a person may have edited."""
    return Questions(
        id=entry.id, project_id=entry.project_id, image_id=entry.image_id, question=entry.question, question_key="",
        language=entry.language, kind=entry.kind, answer_type=entry.answer_type, options=entry.options,
    )  # fmt: skip


def _is_refused(given: GivenAnswer, entry: ImageDatasets) -> bool:
    return bool(answering.unverifiable_ids({entry.id: given}, [_question(entry)]))


def _answer_of(reply: ChatReply) -> GivenAnswer:
    parsed = reply.parsed
    answers = list[GivenAnswer](parsed.answers) if isinstance(parsed, AnswerList | PlacedAnswerList) else []
    if len(answers) != 1:
        raise BadReplyError(
            f"The model gave {len(answers)} answers to one question. Try again, or ask another model.",
            reply_head=reply.text[:REPLY_HEAD_CHARS],
        )
    return answers[0]


def _stored_form(answer: str, entry: ImageDatasets) -> tuple[str, str]:
    """Return the answer in the form of its type, and the reason for a review if any."""
    review_reason = entry_language_mismatch(entry.question, answer, entry.language)
    try:
        return checked_answer(answer, entry.answer_type, entry.options), review_reason
    except InvalidInputError as error:
        return answer, str(error)
