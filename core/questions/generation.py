"""The common base of both services: reading images for a model, and running a task to its end."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

from core.arguments import require_config, require_row
from core.db import Database, Images, Questions, Tasks, require_database
from core.errors import NotFoundError, VitrineError
from core.llm import ChatRequest, ImagePart, LLMService, ModelConfig, PaidCall, session_keys
from core.llm.ledger import paid_calls, request_hash
from core.progress import ShowProgress
from core.questions import examples, grounding, store
from core.questions.evidence import ImageEvidence
from core.questions.examples import SentWith
from core.questions.image_sets import image_set
from core.questions.recipe import QuestionRecipe, Recipe
from core.tasks import ItemContext, ItemPlan, ItemResult, TaskKind, TaskRunner, TaskService, models_of, run_shown

if TYPE_CHECKING:
    from core.images import ImageService


@dataclass(frozen=True)
class LoadedImage:
    """An image with the bytes that are sent, its existing questions, and the examples that go before it."""

    image: Images
    part: ImagePart
    existing: list[str]
    examples: SentWith
    further_ids: tuple[str, ...] = ()
    """The second and further images of a set."""


@dataclass(frozen=True)
class PreparedItem:
    """The input of an item's model call, read together with that of other items of the batch."""

    recipe: Recipe
    model: ModelConfig
    loaded: LoadedImage
    paid: Mapping[str, PaidCall | None]
    questions: list[Questions] = field(default_factory=list)
    """The questions to answer."""


class GenerationTask:
    """The common base of :class:`ImageQuestionGenerationTask` and :class:`ImageAnswerGenerationTask`."""

    task_type: ClassVar[str]
    label: ClassVar[str]

    def __init__(self, db_session: Database, llm_service: LLMService, image_service: "ImageService") -> None:
        self._db = require_database(db_session)
        self._llm = llm_service
        self._images = image_service
        self._evidence = ImageEvidence(db_session, llm_service, image_service)

    def plan(self, project_id: str, config: dict[str, Any]) -> Iterable[ItemPlan]:
        """See ``TaskKind.plan``."""
        raise NotImplementedError

    def prepare(self, items: Sequence[ItemContext]) -> Sequence["PreparedItem | VitrineError"]:
        """See ``PrefetchingTaskKind.prepare``."""
        raise NotImplementedError

    async def run_item(self, item: ItemContext) -> ItemResult:
        """Run one item, with its prepared input if there is one."""
        prepared = item.prepared or (await asyncio.to_thread(self.prepare, [item]))[0]
        if isinstance(prepared, VitrineError):
            raise prepared
        return await self._run_prepared(item, prepared)

    async def _run_prepared(self, item: ItemContext, prepared: "PreparedItem") -> ItemResult:
        raise NotImplementedError

    async def _run_to_end(self, task: Tasks, config: dict[str, Any], progress: ShowProgress) -> Tasks:
        require_row(task, Tasks, "task", "TaskService.create_task")
        require_config(config, "config", '{"image_ids": [...], "llm_config": {...}}')
        kind: TaskKind = self
        for index, model in enumerate(models_of(config)):
            if model.get("api_key"):
                session_keys.register(task.id, model["api_key"], index)
        TaskService(self._db).plan_items(task.id, kind, config)
        runner = TaskRunner(self._db, {self.task_type: kind})
        return await run_shown(self._db, runner, task.id, self.label, progress)

    async def _load(self, image_id: str, recipe: Recipe, model: ModelConfig) -> LoadedImage:
        (loaded,) = await asyncio.to_thread(self._load_all, [(image_id,)], recipe, model)
        if isinstance(loaded, VitrineError):
            raise loaded
        return await self._complete(loaded, model)

    async def _complete(self, loaded: LoadedImage, model: ModelConfig) -> LoadedImage:
        """Return *loaded* with the evidence that its model needs."""
        return replace(loaded, part=await self._evidence.complete(loaded.image, loaded.part, model))

    def _load_all(
        self, sets: Sequence[tuple[str, ...]], recipe: Recipe, model: ModelConfig
    ) -> list[LoadedImage | VitrineError]:
        """Return the loaded images for each set of ids, mostly of one, or the error that keeps it from being sent."""
        image_ids = list(dict.fromkeys(id_ for set_ in sets for id_ in set_))
        with self._db.reading() as session:
            of_sets = {set_: store.question_texts(session, set_, recipe.language) for set_ in sets if len(set_) > 1}
            found = store.images_with_questions(session, image_ids, recipe.language)
            ids, first = recipe.example_ids, next(iter(found.values()), None)
            rows = examples.read(session, first[0].project_id, ids) if ids and first else []
        images = [image for image, _ in found.values()]
        sent = dict(zip(found, self._images.model_images(images, model.max_side_px), strict=True))
        seen = self._evidence.stored(images)
        few_shot = examples.load(rows, self._images, model.max_side_px)
        loaded: list[LoadedImage | VitrineError] = []
        for first_id, *further_ids in sets:
            parts: list[ImagePart] = []
            for image_id in (first_id, *further_ids):
                part = sent.get(image_id) or NotFoundError("This image does not exist any more.")
                if isinstance(part, VitrineError):
                    loaded.append(part)
                    break
                original = found[image_id][0]
                parts.append(replace(grounding.image_part(part, original), seen=seen[image_id]))
            else:
                image, texts = found[first_id]
                if further_ids:
                    texts, names = of_sets[first_id, *further_ids], [found[id_][0].image_name for id_ in further_ids]
                    others: SentWith = image_set(
                        [image.image_name, *names], parts[1:], recipe.language, asks=isinstance(recipe, QuestionRecipe)
                    )
                else:
                    others = examples.build(few_shot, recipe.language, without=first_id)
                loaded.append(LoadedImage(image, parts[0], texts, others, tuple(further_ids)))
        return loaded

    @staticmethod
    def _set_of(item: ItemContext) -> tuple[str, ...]:
        """Return the ids of the images of an item."""
        return tuple(item.payload.get("image_ids") or (item.subject_id,))

    def _paid(self, recipe: Recipe, model: ModelConfig, requests: Sequence[ChatRequest]) -> dict[str, PaidCall | None]:
        """Return earlier paid calls with the same content, by request hash."""
        return {} if recipe.fresh else paid_calls(self._db, [request_hash(model, request) for request in requests])

    def _model(self, config: dict[str, Any], task_id: str | None = None, index: int = 0) -> ModelConfig:
        """Return the model of *config* with the session key of the task's model number *index*."""
        session_key = session_keys.find(task_id, index) if task_id else None
        require_config(config, "config")
        known = {"timeout_s": self._db.settings.llm_timeout_s, **config}
        return ModelConfig.from_dict({**known, "api_key": session_key} if session_key else known)
