"""The service that has a vision model answer questions; a kind of long work too."""

from collections.abc import Iterable
from typing import Any

from sqlmodel import Session

from core.db import Tasks
from core.llm import DatabaseLedger, ModelConfig
from core.questions import answering, store, targets
from core.questions.generation import GenerationTask
from core.questions.recipe import answer_recipe
from core.questions.templates import QuestionTemplateService
from core.tasks import ItemContext, ItemPlan, ItemResult, TaskService

# More questions in one call are cheaper, but long lists make models skip some.
MOST_PER_CALL = 10


class ImageAnswerGenerationTask(GenerationTask):
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
        for model in recipe.models:
            self._llm.refuse_the_blind(ModelConfig.from_dict(model))
        if recipe.question_ids is None:
            QuestionTemplateService(self._db).put_to_images(project_id, recipe.image_ids)
        with self._db.reading() as session:
            by_image: dict[str, list[str]] = {}
            for question in targets.questions_to_answer(session, project_id, recipe):
                by_image.setdefault(question.image_id, []).append(question.id)
        return [
            ItemPlan(image_id, {"question_ids": ids[start : start + MOST_PER_CALL], "model": place})
            for place in range(len(recipe.models))
            for image_id, ids in by_image.items()
            for start in range(0, len(ids), MOST_PER_CALL)
        ]

    async def run_item(self, item: ItemContext) -> ItemResult:
        recipe = answer_recipe(item.config)
        place = int(item.payload.get("model", 0))
        model = self._model(recipe.models[place], item.task_id, place)
        loaded = await self._load(item.subject_id, recipe, model)
        questions = store.questions_by_id(self._db, item.payload["question_ids"])
        if not questions:
            return ItemResult()
        ledger = DatabaseLedger(self._db, task_id=item.task_id, item_id=item.item_id, purpose="answers")
        made = await answering.answer(
            self._llm, model, questions, loaded.part, recipe.language, ledger=ledger, examples=loaded.examples,
            fresh=recipe.fresh,
        )  # fmt: skip

        def write(session: Session) -> dict[str, Any]:
            stored = answering.store_answers(session, ledger, loaded.image, made, recipe.language, item.task_id)
            return {"answers": stored, "kept": len(questions) - stored}

        return ItemResult(write)
