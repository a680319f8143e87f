"""What asking and answering share: reading an image for a model, and running a task to its end."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from core.db import Database, Images, Tasks
from core.errors import NotFoundError
from core.llm import ImagePart, LLMService, ModelConfig, session_keys
from core.questions import examples, store
from core.questions.examples import NONE, Examples
from core.questions.recipe import Recipe
from core.tasks import ItemContext, ItemPlan, ItemResult, TaskKind, TaskRunner, TaskService

if TYPE_CHECKING:
    from core.images import ImageService


@dataclass(frozen=True)
class Loaded:
    """An image, what is sent of it, the questions it has, and the examples that go before it."""

    image: Images
    part: ImagePart
    existing: list[str]
    examples: Examples


class GenerationTask:
    """The base of both services."""

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
        for place, model in enumerate([config.get("llm_config") or {}, *(config.get("more_models") or [])]):
            if model.get("api_key"):
                session_keys.lend(task.id, model["api_key"], place)
        TaskService(self._db).plan_items(task.id, kind, config)
        return await TaskRunner(self._db, {self.task_type: kind}).run(task.id)

    async def _load(self, image_id: str, recipe: Recipe, model: ModelConfig, *, existing: bool = False) -> Loaded:
        """Read what a call about this image needs; *existing* reads its questions in the recipe's language too."""
        return await asyncio.to_thread(self._load_blocking, image_id, recipe, model, existing)

    def _load_blocking(self, image_id: str, recipe: Recipe, model: ModelConfig, existing: bool) -> Loaded:
        with self._db.reading() as session:
            image = session.get(Images, image_id)
            if image is None or image.deleted_at is not None:
                raise NotFoundError("This image does not exist any more.")
            texts = store.question_texts(session, image_id, recipe.language) if existing else []
            ids = recipe.example_ids
            rows = examples.read(session, image.project_id, ids, without=image_id) if ids else []
        sent = self._images.model_image(image, model.max_side_px)
        shown = examples.made_of(rows, self._images, recipe.language, model.max_side_px) if rows else NONE
        return Loaded(image, ImagePart(sent.data, sent.mime_type), texts, shown)

    def _model(self, config: dict[str, Any], task_id: str | None = None, place: int = 0) -> ModelConfig:
        """Return the model of *config*, with the key that was lent to the task for the model at *place*."""
        lent = session_keys.lent_to(task_id, place) if task_id else None
        known = {"timeout_s": self._db.settings.llm_timeout_s, **config}
        return ModelConfig.from_dict({**known, "api_key": lent} if lent else known)
