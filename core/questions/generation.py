"""The common base of both services: reading images for a model, and running a task to its end."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from sqlmodel import Session

from core.arguments import require_config, require_row
from core.db import Database, Images, Questions, Tasks, require_database
from core.errors import ItemWaits, NotFoundError, VitrineError
from core.llm import ChatRequest, DatabaseLedger, ImagePart, LLMService, ModelConfig, PaidCall, session_keys
from core.llm.batches import store as batch_store
from core.llm.batches.calls import BatchLedger, ItemCalls
from core.llm.batches.deferring import deferred_calls, deferring
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
    from core.llm.batches.task_batches import TaskBatches


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
        self._batches: dict[str, TaskBatches] = {}

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
        if not self.waits(item.config):
            return await self._run_prepared(item, prepared)
        batches, index = self._batches_of(item.task_id, item.config), int(item.payload.get("model", 0))
        calls = await asyncio.to_thread(batches.calls_of, item.item_id, index)
        with deferring(calls):
            try:
                result = await self._run_prepared(item, prepared)
            except ItemWaits:
                await batches.send_if_full(index)
                raise
            except VitrineError:
                await self._db.write(lambda session: batch_store.use_up(session, item.item_id))
                raise

        def write(session: Session) -> dict[str, Any]:
            batch_store.use_up(session, item.item_id)
            return result.write(session)

        return replace(result, write=write)

    def waits(self, config: Mapping[str, Any]) -> bool:
        """See ``WaitingTaskKind.waits``."""
        return bool(config.get("batch"))

    async def wait(self, task: Tasks, is_stopping: Callable[[], bool]) -> bool:
        """See ``WaitingTaskKind.wait``."""
        return await self._batches_of(task.id, task.config).wait(is_stopping)

    def end_waiting(self, task_id: str) -> None:
        """See ``WaitingTaskKind.end_waiting``."""
        self._batches.pop(task_id, None)

    def _batches_of(self, task_id: str, config: dict[str, Any]) -> "TaskBatches":
        if task_id not in self._batches:
            models = [self._model(model, task_id, index) for index, model in enumerate(models_of(config))]
            self._batches[task_id] = self._llm.batches_of(self._db, task_id, models)
        return self._batches[task_id]

    def _require_models(self, recipe: Recipe) -> None:
        """Check that the models of *recipe* can do what it asks for.

        Raises:
            InvalidInputError: one of them cannot.
        """
        for model in map(ModelConfig.from_dict, recipe.models):
            self._evidence.require(model)
            if recipe.batch:
                self._llm.require_batches(model)

    def _ledger(
        self, item: ItemContext, purpose: str, prefetched: Mapping[str, PaidCall | None] = MappingProxyType({})
    ) -> DatabaseLedger:
        """Return the ledger of the calls of an item."""
        calls = deferred_calls.get()
        if isinstance(calls, ItemCalls):
            return BatchLedger(self._db, calls, task_id=item.task_id, purpose=purpose, prefetched=prefetched)
        return DatabaseLedger(
            self._db, task_id=item.task_id, item_id=item.item_id, purpose=purpose, prefetched=prefetched
        )

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
