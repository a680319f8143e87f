"""The service that generates questions with a vision model; it is also a kind of task."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any, cast

from sqlalchemy import func
from sqlmodel import Session, col, select

from core import audit
from core.arguments import require_id, require_row
from core.db import Images, Questions, TaskItems, Tasks, cached_until_write, is_about
from core.errors import LLMError, NotFoundError, VitrineError
from core.llm import DatabaseLedger, ModelConfig
from core.progress import ShowProgress
from core.questions import answering, asking, examples, store, targets
from core.questions.answer_types import Options, checked_options
from core.questions.generation import GenerationTask, LoadedImage, PreparedItem
from core.questions.recipe import QuestionRecipe, question_recipe
from core.questions.store import Origin
from core.questions.templates import QuestionTemplateService
from core.tasks import ItemContext, ItemPlan, ItemResult


class ImageQuestionGenerationTask(GenerationTask):
    """Generates questions about images with a vision model, and reads and writes the questions of a project."""

    task_type = targets.QUESTION_TASK_TYPE
    label = "Generate questions"

    async def generate_questions_for_image(
        self,
        image: Images,
        config: dict[str, Any],
        num_questions: int = 3,
        custom_prompt: str | None = None,
        language: str = "en",
    ) -> list[str]:
        """Generate questions about one image, store them, and return those that are new to it.

        The list is empty when the model only repeats what the image has.

        Args:
            config: The model config: provider, model, api_key and so on.
            language: A code such as "tr", or the English name of any language.

        Raises:
            InvalidInputError: a value is out of its range, or *custom_prompt* has an unknown variable.
            LLMError: the call failed, or the model wrote no question at all.
        """
        require_row(image, Images, "image", "ImageService.get_image")
        recipe = question_recipe({"num_questions": num_questions, "custom_prompt": custom_prompt, "language": language})
        ledger, model = DatabaseLedger(self._db, purpose="questions"), self._model(config)
        loaded = await self._load(image.id, recipe, model)
        generated = await self._ask(loaded, recipe, model, ledger)

        def write(session: Session) -> list[str]:
            stored = _store_questions(session, ledger, image, generated, recipe.language)
            audit.record(session, "question.ask", image, model=model.litellm_model, questions=len(stored))
            return stored

        return await self._db.write(write)

    async def generate_single_question(
        self, image_id: str, config: dict[str, Any], custom_prompt: str | None = None, language: str = "en"
    ) -> str | None:
        """Generate one more question about an image and return it.

        None when there is no such image, or when the model only repeats what it has.

        Raises:
            LLMError: the call failed, or the model wrote no question at all.
        """
        with self._db.reading() as session:
            image = session.get(Images, require_id(image_id, "image_id"))
        if image is None or image.deleted_at is not None:
            return None
        questions = await self.generate_questions_for_image(image, config, 1, custom_prompt, language)
        return questions[0] if questions else None

    async def process_task(
        self, task: Tasks, config: dict[str, Any], *, progress: ShowProgress = None
    ) -> dict[str, Any]:
        """Run the task to its end and return what it made.

        Args:
            config: image_ids, num_questions, custom_prompt, language, concurrency and llm_config, or the other
                fields of a ``QuestionRecipe``; used when the task has no items yet.
            progress: a callback for the share (0 to 1) and the step; True shows a bar, as notebooks do.

        Returns:
            ``processed``, ``failed``, ``total_questions``, ``questions``, ``status``, ``short_by``, the number of
            questions that are missing because the models only repeated others, and ``unverifiable``, the number of
            refused answers.

        Raises:
            InvalidInputError: *config* has an invalid value.
        """
        ended = await self._run_to_end(task, config, progress)
        with self._db.reading() as session:
            questions = list(session.exec(select(Questions).where(Questions.task_id == task.id)))
        return {
            "status": ended.status,
            "processed": ended.processed_count,
            "failed": ended.failed_count,
            "total_questions": len(questions),
            "questions": [
                {"id": q.id, "image_id": q.image_id, "image_ids": q.image_ids, "question": q.question}
                for q in questions
            ],
            "short_by": self.shortfall(task.id),
            "unverifiable": self.unverifiable(task.id),
        }

    def list_questions(self, project_id: str, image_id: str | None = None, limit: int = 100) -> list[Questions]:
        """Return the questions of a project or of one image, oldest first."""
        query = select(Questions).where(Questions.project_id == project_id, col(Questions.deleted_at).is_(None))
        if image_id is not None:
            query = query.where(is_about(Questions, [image_id]))
        with self._db.reading() as session:
            return list(session.exec(query.order_by(col(Questions.create_at), col(Questions.id)).limit(limit)))

    def newest_results(self, task_id: str, limit: int = 6) -> list[store.ImageResult]:
        """Return the newest questions and answers of the task by image, newest first."""
        with self._db.reading() as session:
            return store.newest_results(session, task_id, limit)

    def add_manual_question(
        self,
        image_id: str,
        question: str,
        *,
        language: str = "en",
        answer_type: str = "text",
        options: Options = None,
        one_label: bool = False,
    ) -> Questions:
        """Store a question that a person wrote, or return the same one if the image has it already.

        Raises:
            NotFoundError: there is no such image.
            InvalidInputError: the question is empty, or *options* do not fit its type.
        """
        checked_options(answer_type, options)  # a schema may take seconds to check: not while others cannot write
        with self._db.transaction() as session:
            image = session.get(Images, image_id)
            if image is None or not image.is_in_library:
                raise NotFoundError("This image does not exist any more.")
            row = store.add_manual_question(
                session, image, question, language=language, answer_type=answer_type, options=options,
                one_label=one_label,
            )  # fmt: skip
            audit.record(session, "question.add", row)
            session.flush()
            session.refresh(row)  # loads whether it is answered
            return row

    @property
    def templates(self) -> QuestionTemplateService:
        """The service of fixed questions."""
        return QuestionTemplateService(self._db)

    @cached_until_write
    def target_counts(self, project_id: str, language: str = "en", num_questions: int = 3) -> targets.TargetCounts:
        """Return how many images each choice of images has."""
        with self._db.reading() as session:
            return targets.count(session, project_id, language, num_questions)

    def image_sets(self, project_id: str, config: dict[str, Any]) -> list[tuple[str, ...]]:
        """Return the ids of the images of each set that a ``QuestionRecipe`` with ``sets`` asks about.

        Raises:
            InvalidInputError: *config* has an invalid value, or no two of its images belong to a set.
        """
        recipe = question_recipe(config)
        with self._db.reading() as session:
            return targets.image_sets(self._db, session, targets.image_ids(session, project_id, recipe), recipe)

    @cached_until_write
    def image_ids_to_answer(self, project_id: str, which: str = "unanswered") -> list[str]:
        """Return the ids of the images with questions that *which* selects ("unanswered" or "all"), oldest first."""
        with self._db.reading() as session:
            return targets.image_ids_to_answer(session, project_id, which)

    def suggest_examples(self, project_id: str, language: str, count: int) -> list[str]:
        """Return the ids of at most *count* confirmed entries that are good few-shot examples, for ``example_ids``."""
        with self._db.reading() as session:
            return examples.suggest(session, project_id, language, count)

    def shortfall(self, task_id: str) -> int:
        """Return how many questions are missing in all finished items of a task, after the second request of each."""
        return self._sum_of_results(task_id, "short_by")

    def unverifiable(self, task_id: str) -> int:
        """Return how many answers of a task were refused because no program can verify them, asked twice."""
        return self._sum_of_results(task_id, "unverifiable")

    def _sum_of_results(self, task_id: str, name: str) -> int:
        total = func.sum(col(TaskItems.result)[name].as_integer())
        with self._db.reading() as session:
            found = session.exec(select(total).where(TaskItems.task_id == task_id, TaskItems.state == "done")).one()
        return int(found or 0)

    def plan(self, project_id: str, config: dict[str, Any]) -> Iterable[ItemPlan]:
        """Add the missing fixed questions to the images and return one item per image; see ``TaskKind.plan``.

        Sets of images have one item each, and no fixed questions.
        """
        recipe = question_recipe(config)
        self._require_models(recipe)
        with self._db.reading() as session:
            ids = targets.image_ids(session, project_id, recipe)
            sets = targets.image_sets(self._db, session, ids, recipe) if recipe.sets else []
        if recipe.sets:
            return [ItemPlan(set_[0], {"image_ids": list(set_)}) for set_ in sets]
        self.templates.add_to_images(project_id, ids)
        with self._db.reading() as session:
            fixed = targets.unanswered_fixed_questions(session, project_id) if recipe.with_answers else {}
        return [ItemPlan(id_, {"question_ids": fixed[id_]} if id_ in fixed else {}) for id_ in ids]

    def prepare(self, items: Sequence[ItemContext]) -> Sequence[PreparedItem | VitrineError]:
        """Read the images and paid replies of several items at once; see ``PrefetchingTaskKind.prepare``."""
        recipe = question_recipe(items[0].config)  # all items are of one task
        model = self._model(recipe.models[0], items[0].task_id)
        loaded = self._load_all([self._set_of(item) for item in items], recipe, model)
        requests = [
            asking.first_request(
                recipe, result.part, result.image.image_name, result.existing, position=item.position,
                examples=result.examples, model=model.litellm_model,
            )
            for item, result in zip(items, loaded, strict=True) if isinstance(result, LoadedImage)
        ]  # fmt: skip
        paid = self._paid(recipe, model, [request for request in requests if request is not None])
        return [
            PreparedItem(recipe, model, result, paid) if isinstance(result, LoadedImage) else result
            for result in loaded
        ]

    async def _run_prepared(self, item: ItemContext, prepared: PreparedItem) -> ItemResult:
        recipe, model = cast(QuestionRecipe, prepared.recipe), prepared.model
        loaded = await self._complete(prepared.loaded, model)
        ledger = self._ledger(item, "questions", prepared.paid)
        generated = await self._ask(loaded, recipe, model, ledger, item.position)
        fixed = await self._answer_fixed(item, recipe, model, loaded) if "question_ids" in item.payload else None

        def write(session: Session) -> dict[str, Any]:
            added = _store_questions(
                session, ledger, loaded.image, generated, recipe.language, item.task_id, loaded.further_ids
            )
            if fixed is not None:
                answering.store_answers(session, ledger, loaded.image, fixed, recipe.language, item.task_id)
            made = {"questions": len(added), "short_by": generated.missing_questions}
            refused = generated.unverifiable + (fixed.unverifiable if fixed else 0)
            return made | ({"unverifiable": refused} if recipe.verifiable else {})

        return ItemResult(write)

    async def _answer_fixed(
        self, item: ItemContext, recipe: QuestionRecipe, model: ModelConfig, loaded: LoadedImage
    ) -> answering.GeneratedAnswers | None:
        """Answer the fixed questions of the image; None when the call failed: they stay unanswered."""
        questions = await asyncio.to_thread(store.questions_by_id, self._db, item.payload["question_ids"])
        if not questions:
            return None
        ledger = self._ledger(item, "answers")
        try:
            return await answering.answer(
                self._llm, model, questions, loaded.part, recipe.language, ledger=ledger, examples=loaded.examples,
                fresh=recipe.fresh, verifiable=recipe.verifiable,
            )  # fmt: skip
        except LLMError:
            # The generated questions are paid for and stored nevertheless.
            return None

    async def _ask(
        self, loaded: LoadedImage, recipe: QuestionRecipe, model: ModelConfig, ledger: DatabaseLedger, position: int = 0
    ) -> asking.GeneratedQuestions:
        return await asking.ask(
            self._llm, model, recipe, loaded.part, loaded.image.image_name, loaded.existing, position=position,
            ledger=ledger, examples=loaded.examples,
        )  # fmt: skip


def _store_questions(
    session: Session,
    ledger: DatabaseLedger,
    image: Images,
    generated: asking.GeneratedQuestions,
    language: str,
    task_id: str | None = None,
    further_ids: Sequence[str] = (),
) -> list[str]:
    for reply in generated.replies:
        ledger.settle(session, reply, reusable=not generated.only_repeats)
    if not generated.replies:
        return []
    last = generated.replies[-1]
    origin = Origin(last.model, language, task_id, last.call_id)
    return store.add_questions(session, image, generated.questions, origin, further_ids)
