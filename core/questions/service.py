"""The promised services: questions for images, and answers for questions; both are kinds of long work too."""

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from sqlmodel import Session, col, select

from core.db import Database, Images, Questions, Tasks
from core.errors import InvalidInputError, NotFoundError
from core.llm import DatabaseLedger, ImagePart, LLMService, ModelConfig, session_keys
from core.questions import answering, asking, store
from core.questions.recipe import AnswerRecipe, QuestionRecipe, answer_recipe, question_recipe
from core.questions.store import Origin
from core.tasks import ItemContext, ItemPlan, ItemResult, TaskKind, TaskRunner, TaskService

if TYPE_CHECKING:
    from core.images import ImageService


class _GenerationTask:
    """What both services share: reading an image for a model, and running a task to its end."""

    task_type: ClassVar[str]
    label: ClassVar[str]

    def __init__(self, db_session: Database, llm_service: LLMService, image_service: "ImageService") -> None:
        self._db = db_session
        self._llm = llm_service
        self._images = image_service

    def plan(self, project_id: str, config: dict[str, Any]) -> Iterable[ItemPlan]:
        raise NotImplementedError

    async def run_item(self, item: ItemContext) -> ItemResult:
        raise NotImplementedError

    async def _run_to_end(self, task: Tasks, config: dict[str, Any]) -> Tasks:
        kind: TaskKind = self
        api_key = (config.get("llm_config") or {}).get("api_key")
        if api_key:
            session_keys.lend(task.id, api_key)
        TaskService(self._db).plan_items(task.id, kind, config)
        return await TaskRunner(self._db, {self.task_type: kind}).run(task.id)

    async def _load(self, image_id: str, language: str = "") -> tuple[Images, ImagePart, list[str]]:
        """Return an image, what is sent of it, and the questions it has in *language*."""
        return await asyncio.to_thread(self._load_blocking, image_id, language)

    def _load_blocking(self, image_id: str, language: str) -> tuple[Images, ImagePart, list[str]]:
        with self._db.reading() as session:
            image = session.get(Images, image_id)
            existing = store.question_texts(session, image_id, language) if language else []
        if image is None or image.deleted_at is not None:
            raise NotFoundError("This image does not exist any more.")
        sent = self._images.model_image(image)
        return image, ImagePart(sent.data, sent.mime_type), existing

    def _model(self, config: dict[str, Any], task_id: str | None = None) -> ModelConfig:
        lent = session_keys.lent_to(task_id) if task_id else None
        known = {"timeout_s": self._db.settings.llm_timeout_s, **config}
        return ModelConfig.from_dict({**known, "api_key": lent} if lent else known)


class ImageQuestionGenerationTask(_GenerationTask):
    """Asks a vision model for questions about images."""

    task_type = "image-question-generation"
    label = "Generate questions"

    async def generate_questions_for_image(
        self,
        image: Images,
        config: dict[str, Any],
        num_questions: int = 3,
        custom_prompt: str | None = None,
        language: str = "en",
    ) -> list[str]:
        """Ask for questions about one image, store them, and return those that are new.

        *config* is the promised model config: provider, model, api_key and so on.

        Raises:
            InvalidInputError: a value is out of its range, or *custom_prompt* has an unknown variable.
            LLMError: the call failed.
        """
        recipe = question_recipe({"num_questions": num_questions, "custom_prompt": custom_prompt, "language": language})
        ledger = DatabaseLedger(self._db, purpose="questions")
        made = await self._ask(await self._load(image.id, language), recipe, self._model(config), ledger)
        rows = await self._db.write(lambda session: _store_questions(session, ledger, image, made, recipe.language))
        return [row.question for row in rows]

    async def generate_single_question(
        self, image_id: str, config: dict[str, Any], custom_prompt: str | None = None, language: str = "en"
    ) -> str | None:
        """Ask for one more question about an image; None when the model found nothing new to ask."""
        with self._db.reading() as session:
            image = session.get(Images, image_id)
        if image is None:
            raise NotFoundError("This image does not exist any more.")
        questions = await self.generate_questions_for_image(image, config, 1, custom_prompt, language)
        return questions[0] if questions else None

    async def process_task(self, task: Tasks, config: dict[str, Any]) -> dict[str, Any]:
        """Run a task to its end and return what it made.

        *config* holds image_ids, num_questions, custom_prompt, language, concurrency and llm_config. The result
        has ``processed``, ``failed``, ``total_questions``, ``questions`` and ``status``.
        """
        ended = await self._run_to_end(task, config)
        with self._db.reading() as session:
            questions = list(session.exec(select(Questions).where(Questions.task_id == task.id)))
        return {
            "status": ended.status,
            "processed": ended.processed_count,
            "failed": ended.failed_count,
            "total_questions": len(questions),
            "questions": [{"id": q.id, "image_id": q.image_id, "question": q.question} for q in questions],
        }

    def list_questions(self, project_id: str, image_id: str | None = None, limit: int = 100) -> list[Questions]:
        """Return the questions of a project or of one image, oldest first."""
        query = select(Questions).where(Questions.project_id == project_id, col(Questions.deleted_at).is_(None))
        if image_id is not None:
            query = query.where(Questions.image_id == image_id)
        with self._db.reading() as session:
            return list(session.exec(query.order_by(col(Questions.create_at), col(Questions.id)).limit(limit)))

    def newest_results(self, task_id: str, limit: int = 6) -> list[store.NewResult]:
        """Return what a task of this project made last, by image, newest first."""
        with self._db.reading() as session:
            return store.newest_results(session, task_id, limit)

    def plan(self, project_id: str, config: dict[str, Any]) -> Iterable[ItemPlan]:
        recipe = question_recipe(config)
        with self._db.reading() as session:
            return [ItemPlan(image_id) for image_id in store.image_ids(session, project_id, recipe)]

    async def run_item(self, item: ItemContext) -> ItemResult:
        recipe = question_recipe(item.config)
        loaded = await self._load(item.subject_id, recipe.language)
        ledger = DatabaseLedger(self._db, task_id=item.task_id, item_id=item.item_id, purpose="questions")
        made = await self._ask(loaded, recipe, self._model(recipe.llm_config, item.task_id), ledger, item.position)

        def write(session: Session) -> dict[str, Any]:
            rows = _store_questions(session, ledger, loaded[0], made, recipe.language, item.task_id)
            return {"questions": len(rows), "short_by": made.short_by}

        return ItemResult(write)

    async def _ask(
        self,
        loaded: tuple[Images, ImagePart, list[str]],
        recipe: QuestionRecipe,
        model: ModelConfig,
        ledger: DatabaseLedger,
        turn: int = 0,
    ) -> asking.Asking:
        image, part, existing = loaded
        return await asking.ask(self._llm, model, recipe, part, image.image_name, existing, turn=turn, ledger=ledger)


class ImageAnswerGenerationTask(_GenerationTask):
    """Answers questions with a vision model; each answer becomes an entry."""

    task_type = "image-answer-generation"
    label = "Generate answers"

    async def process_task(self, task: Tasks, config: dict[str, Any]) -> dict[str, Any]:
        """Run a task to its end; the result has ``processed``, ``failed``, ``total_answers`` and ``status``."""
        ended = await self._run_to_end(task, config)
        items = TaskService(self._db).items(task.id, state="done", limit=ended.total_count)
        return {
            "status": ended.status,
            "processed": ended.processed_count,
            "failed": ended.failed_count,
            "total_answers": sum(item.result.get("answers", 0) for item in items),
        }

    def plan(self, project_id: str, config: dict[str, Any]) -> Iterable[ItemPlan]:
        recipe = answer_recipe(config)
        with self._db.reading() as session:
            by_image: dict[str, list[str]] = {}
            for question in _questions_to_answer(session, project_id, recipe):
                by_image.setdefault(question.image_id, []).append(question.id)
        return [
            ItemPlan(image_id, {"question_ids": ids[start : start + _MOST_PER_CALL]})
            for image_id, ids in by_image.items()
            for start in range(0, len(ids), _MOST_PER_CALL)
        ]

    async def run_item(self, item: ItemContext) -> ItemResult:
        recipe = answer_recipe(item.config)
        image, part, _ = await self._load(item.subject_id)
        questions = self._questions(item.payload["question_ids"])
        if not questions:
            return ItemResult()
        model = self._model(recipe.llm_config, item.task_id)
        ledger = DatabaseLedger(self._db, task_id=item.task_id, item_id=item.item_id, purpose="answers")
        made = await answering.answer(self._llm, model, questions, part, recipe.language, ledger=ledger)

        def write(session: Session) -> dict[str, Any]:
            for reply in made.replies:
                ledger.settle(session, reply)
            last = made.replies[-1]
            origin = Origin(last.model, recipe.language, item.task_id, last.call_id)
            stored = [store.put_answer(session, image, q, made.answers[q.id], origin) for q in questions]
            return {"answers": sum(stored), "kept": len(stored) - sum(stored)}

        return ItemResult(write)

    def _questions(self, ids: list[str]) -> list[Questions]:
        """Return the questions with these ids that still exist, in the order of *ids*."""
        query = select(Questions).where(col(Questions.id).in_(ids), col(Questions.deleted_at).is_(None))
        with self._db.reading() as session:
            return sorted(session.exec(query), key=lambda question: ids.index(question.id))


# More questions in one call are cheaper, but long lists make models skip some.
_MOST_PER_CALL = 10


def question_task_kinds(questions: ImageQuestionGenerationTask, answers: ImageAnswerGenerationTask) -> list[TaskKind]:
    """Return the kinds of long work of this room."""
    return [questions, answers]


def _store_questions(
    session: Session,
    ledger: DatabaseLedger,
    image: Images,
    made: asking.Asking,
    language: str,
    task_id: str | None = None,
) -> list[Questions]:
    for reply in made.replies:
        ledger.settle(session, reply)
    if not made.replies:
        return []
    last = made.replies[-1]
    return store.add_questions(session, image, made.asked, Origin(last.model, language, task_id, last.call_id))


def _questions_to_answer(session: Session, project_id: str, recipe: AnswerRecipe) -> list[Questions]:
    query = select(Questions).where(Questions.project_id == project_id, col(Questions.deleted_at).is_(None))
    if recipe.question_ids is None and recipe.which == "unanswered":
        query = query.where(~Questions.answered)  # type: ignore[arg-type]
    found = list(session.exec(query.order_by(col(Questions.create_at), col(Questions.id))))
    # Compared here and not in SQL: a list of chosen ids may be longer than a statement may have parameters.
    if recipe.image_ids is not None:
        chosen_images = set(recipe.image_ids)
        found = [question for question in found if question.image_id in chosen_images]
    if recipe.question_ids is not None:
        chosen = set(recipe.question_ids)
        found = [question for question in found if question.id in chosen]
        if len(found) != len(chosen):
            message = "Some of these questions do not exist any more. Choose again."
            raise InvalidInputError(message, field="question_ids")
    return found
