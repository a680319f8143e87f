"""The service that answers questions with a vision model; it is also a kind of task."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlmodel import Session

from core.db import Tasks
from core.errors import NotFoundError, VitrineError
from core.llm import ModelConfig
from core.progress import ShowProgress
from core.questions import answering, store, targets
from core.questions.generation import GenerationTask, LoadedImage, PreparedItem
from core.questions.recipe import AnswerRecipe, answer_recipe
from core.questions.templates import QuestionTemplateService
from core.tasks import ItemContext, ItemPlan, ItemResult, TaskService

_NO_IMAGE = ""
# More questions in one call cost less, but models skip some of a long list.
MAX_PER_CALL = 10


class ImageAnswerGenerationTask(GenerationTask):
    """Answers questions with a vision model and stores each answer as an entry."""

    task_type = "image-answer-generation"
    label = "Generate answers"

    async def process_task(
        self, task: Tasks, config: dict[str, Any], *, progress: ShowProgress = None
    ) -> dict[str, Any]:
        """Run the task to its end; return ``processed``, ``failed``, ``total_answers``, ``unverifiable``, ``status``.

        Args:
            config: An ``AnswerRecipe`` as a dict; used when the task has no items yet.
            progress: a callback for the share (0 to 1) and the step; True shows a bar, as notebooks do.

        Raises:
            InvalidInputError: *config* has an invalid value.
        """
        ended = await self._run_to_end(task, config, progress)
        items = TaskService(self._db).items(task.id, state="done", limit=ended.total_count)
        return {
            "status": ended.status,
            "processed": ended.processed_count,
            "failed": ended.failed_count,
            "total_answers": sum(item.result.get("answers", 0) for item in items),
            "unverifiable": sum(item.result.get("unverifiable", 0) for item in items),
        }

    def plan(self, project_id: str, config: dict[str, Any]) -> Iterable[ItemPlan]:
        """Return one item per image or set, model and at most ``MAX_PER_CALL`` questions; see ``TaskKind.plan``."""
        recipe = answer_recipe(config)
        self._require_models(recipe)
        if recipe.question_ids is None:
            QuestionTemplateService(self._db).add_to_images(project_id, recipe.image_ids)
        with self._db.reading() as session:
            by_images: dict[tuple[str, ...], list[str]] = {}
            for question in targets.questions_to_answer(session, project_id, recipe):
                by_images.setdefault(tuple(question.image_ids), []).append(question.id)
        found = {id_ for ids in by_images.values() for id_ in ids}
        gone = [id_ for id_ in dict.fromkeys(recipe.question_ids or []) if id_ not in found]
        return [
            ItemPlan(
                set_[0],
                {"question_ids": ids[start : start + MAX_PER_CALL], "model": index}
                | ({"image_ids": list(set_)} if len(set_) > 1 else {}),
            )
            for index in range(len(recipe.models))
            for set_, ids in by_images.items()
            for start in range(0, len(ids), MAX_PER_CALL)
        ] + [ItemPlan(_NO_IMAGE, {"question_ids": [id_], "model": 0}) for id_ in gone]

    def prepare(self, items: Sequence[ItemContext]) -> Sequence[PreparedItem | VitrineError]:
        """Read the images, questions and paid replies of several items at once; see ``PrefetchingTaskKind.prepare``."""
        recipe = answer_recipe(items[0].config)  # all items are of one task
        prepared: dict[int, PreparedItem | VitrineError] = {}
        for index, model in enumerate(recipe.models):
            group = [item for item in items if item.payload.get("model", 0) == index]
            if group:
                prepared |= self._prepare_for(recipe, self._model(model, items[0].task_id, index), group)
        return [prepared[item.item_id] for item in items]

    def _prepare_for(
        self, recipe: AnswerRecipe, model: ModelConfig, items: list[ItemContext]
    ) -> dict[int, PreparedItem | VitrineError]:
        loaded = self._load_all([self._set_of(item) for item in items], recipe, model)
        found = store.questions_by_id(self._db, [id_ for item in items for id_ in item.payload["question_ids"]])
        questions = [[q for q in found if q.id in item.payload["question_ids"]] for item in items]
        requests = [
            answering.build_request(
                own, result.part, recipe.language, examples=result.examples, fresh=recipe.fresh,
                model=model.litellm_model, verifiable=recipe.verifiable,
            )
            for own, result in zip(questions, loaded, strict=True) if own and isinstance(result, LoadedImage)
        ]  # fmt: skip
        paid = self._paid(recipe, model, requests)
        return {
            item.item_id: PreparedItem(recipe, model, result, paid, own)
            if isinstance(result, LoadedImage)
            else _error_of(item, result)
            for item, own, result in zip(items, questions, loaded, strict=True)
        }

    async def _run_prepared(self, item: ItemContext, prepared: PreparedItem) -> ItemResult:
        recipe, questions = prepared.recipe, prepared.questions
        if not questions:
            return ItemResult()
        loaded = await self._complete(prepared.loaded, prepared.model)
        ledger = self._ledger(item, "answers", prepared.paid)
        generated = await answering.answer(
            self._llm, prepared.model, questions, loaded.part, recipe.language, ledger=ledger, examples=loaded.examples,
            fresh=recipe.fresh, verifiable=recipe.verifiable,
        )  # fmt: skip

        def write(session: Session) -> dict[str, Any]:
            stored = answering.store_answers(session, ledger, loaded.image, generated, recipe.language, item.task_id)
            given, refused = len(generated.answers), generated.unverifiable
            made = {"answers": stored, "unchanged": given - stored, "short_by": len(questions) - given - refused}
            return made | ({"unverifiable": refused} if recipe.verifiable else {})

        return ItemResult(write)


def _error_of(item: ItemContext, error: VitrineError) -> VitrineError:
    is_gone = item.subject_id == _NO_IMAGE
    return NotFoundError("This question does not exist any more.") if is_gone else error
