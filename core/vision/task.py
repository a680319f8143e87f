"""Analyzing images, as a task and as a call."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from sqlalchemy import func
from sqlmodel import Session, col, select

from core.arguments import require_config, require_id, require_many
from core.db import Database, Images, TaskItems, in_library, require_database
from core.errors import InvalidInputError, NotFoundError, VitrineError
from core.llm import DatabaseLedger, LLMService, ModelConfig, session_keys
from core.progress import ShowProgress
from core.tasks import ItemContext, ItemPlan, ItemResult, TaskKind, TaskRunner, TaskService, models_of, run_shown
from core.vision import items, new_images, store
from core.vision.analyzers import analyzer, analyzers
from core.vision.analyzers.base import Analysis, AnalyzedImage, Analyzer, Tools
from core.vision.store import AnalysisStore

if TYPE_CHECKING:
    from core.images import ImageService

DEFAULT = ("text", "objects", "tags", "embedding")


class ImageAnalysisTask:
    """Analyzes the images of a project, and reads the results; it is also a kind of task.

    ``config`` of the task has ``analyzers`` (names), optionally ``image_ids``, ``fresh`` (true: also images that have a
    current result), and the model of analyzers that ask one.
    """

    task_type: ClassVar[str] = items.TASK_TYPE
    label: ClassVar[str] = "Analyze images"

    def __init__(self, db_session: Database, llm_service: LLMService, image_service: "ImageService") -> None:
        self._db = require_database(db_session)
        self._llm = llm_service
        self._images = image_service
        self.store = AnalysisStore(db_session)

    def get_analysis(self, image_id: str) -> dict[str, Any]:
        """Return the results for an image by analyzer, see :mod:`core.vision.results`; without those it lacks."""
        return self.store.get_analysis(image_id)

    async def analyze(
        self,
        project_id: str,
        image_ids: Sequence[str] | None = None,
        analyzers: Sequence[str] = DEFAULT,
        config: dict[str, Any] | None = None,
        *,
        progress: ShowProgress = None,
    ) -> dict[str, Any]:
        """Analyze images that have no current result, and return ``analyzed``, ``failed``, ``skipped``, ``task_id``.

        Args:
            image_ids: all images of the project when None.
            analyzers: those that cannot run here are skipped: ``skipped`` has the reason of each.
            config: the model config, for analyzers that ask a model.
            progress: a callback for the share (0 to 1) and the step; True shows a bar, as notebooks do.

        Raises:
            InvalidInputError: there is no such analyzer, or none of them can run.
            NotFoundError: there is no such project.
        """
        require_id(project_id, "project_id")
        require_many(analyzers, "analyzers", "names")
        if config is not None:
            require_config(config, "config")
        tools = self.tools({"llm_config": config} if config else {})
        reasons = {name: analyzer(name).missing(tools) for name in dict.fromkeys(analyzers)}
        names = [name for name, reason in reasons.items() if reason is None]
        if not names:
            raise InvalidInputError(" ".join(filter(None, reasons.values())) or "Name at least one analyzer.")
        task_config: dict[str, Any] = {"analyzers": names}
        if image_ids is not None:
            task_config["image_ids"] = list(require_many(image_ids, "image_ids", "ids"))
        if config:
            task_config["llm_config"] = config
        kind: TaskKind = self
        task = await asyncio.to_thread(
            TaskService(self._db, lambda: {self.task_type: kind}).create_task, project_id, self.task_type, task_config
        )
        if config and config.get("api_key"):
            session_keys.register(task.id, config["api_key"], 0)
        runner = TaskRunner(self._db, {self.task_type: kind})
        ended = await run_shown(self._db, runner, task.id, self.label, progress)
        return {
            "analyzed": self.analyzed_count(task.id), "failed": ended.failed_count, "task_id": task.id,
            "skipped": {name: reason for name, reason in reasons.items() if reason},
        }  # fmt: skip

    # --- as a kind of task ---------------------------------------------------------------------------------

    def plan(self, project_id: str, config: dict[str, Any]) -> Iterable[ItemPlan]:
        """See ``TaskKind.plan``."""
        if config.get("new"):
            yield new_images.look_item()
            return
        tools = self.tools(config)
        chosen = [analyzer(name) for name in dict.fromkeys(config.get("analyzers") or ())]
        if not chosen:
            raise InvalidInputError("Choose at least one analyzer.", field="analyzers")
        for one in chosen:
            if reason := one.missing(tools):
                raise InvalidInputError(reason, field="analyzers")
        image_ids = self._checked_ids(project_id, config.get("image_ids"))
        for stage, one in enumerate(_in_order(chosen)):
            version = "" if config.get("fresh") else one.version(tools)
            ids = self.store.image_ids_to_analyze(project_id, one.name, version, image_ids=image_ids)
            asks_model = tools.model is not None or (tools.embedding_model is not None and one.name == store.EMBEDDING)
            yield from items.analysis_items(one, ids, stage, asks_model=asks_model)

    async def run_item(self, item: ItemContext) -> ItemResult:
        """See ``TaskKind.run_item``."""
        if item.payload.get("look"):
            return ItemResult(more=await asyncio.to_thread(new_images.lookup, self._db, self.tools(), item.project_id))
        one = analyzer(item.payload["analyzer"])
        ledger = DatabaseLedger(self._db, task_id=item.task_id, item_id=item.item_id, purpose="analysis")
        tools = self.tools(item.config, item.task_id, ledger)
        images, failed = await asyncio.to_thread(self._read, item.payload["image_ids"])
        found = zip(images, await one.analyze(images, tools), strict=True) if images else ()
        done: dict[str, Analysis] = {}
        for image, analysis in found:
            if isinstance(analysis, Analysis):
                done[image.row.id] = analysis
            else:
                failed[image.row.id] = analysis
        if failed and len(item.payload["image_ids"]) == 1:
            raise next(iter(failed.values()))
        # Each failed image becomes an item of its own, which fails with its reason and can be retried.
        alone = [items.analysis_item(one, [image_id], item.payload["stage"]) for image_id in failed]
        version = one.version(tools)
        return ItemResult(lambda session: _write(session, item, one, version, done, ledger), alone)

    def analyzed_count(self, task_id: str) -> int:
        """Return for how many images, counted once for each analyzer, a task has stored a result."""
        analyzed = func.sum(col(TaskItems.result)["analyzed"].as_integer())
        with self._db.reading() as session:
            return int(session.exec(select(analyzed).where(TaskItems.task_id == task_id)).one() or 0)

    def analyzed_by(self, task_id: str) -> dict[str, int]:
        """Return for how many images a task has stored a result, by analyzer."""
        name, analyzed = col(TaskItems.result)["analyzer"].as_string(), col(TaskItems.result)["analyzed"].as_integer()
        query = select(name, func.sum(analyzed)).where(TaskItems.task_id == task_id, name.is_not(None)).group_by(name)
        with self._db.reading() as session:
            return {one: int(count or 0) for one, count in session.exec(query) if count}

    def tools(
        self, config: Mapping[str, Any] | None = None, task_id: str = "", ledger: DatabaseLedger | None = None
    ) -> Tools:
        """Return what analyzers work with; with the model of *config* if it names one."""
        model = next(iter(models_of(config or {})), None)
        key = session_keys.find(task_id, 0) if task_id and model else None
        known = {"timeout_s": self._db.settings.llm_timeout_s, **(model or {}), **({"api_key": key} if key else {})}
        chosen = ModelConfig.from_dict(known) if model else None
        makes_vectors = chosen is not None and self._llm.makes_vectors(chosen)
        return Tools(
            self._db.settings, self._images, self._llm, None if makes_vectors else chosen,
            chosen if makes_vectors else None, ledger, self.store.get_analyses,
        )  # fmt: skip

    def _checked_ids(self, project_id: str, image_ids: Any) -> list[str] | None:
        if image_ids is None:
            return None
        if not isinstance(image_ids, list) or not all(isinstance(id_, str) for id_ in image_ids):
            raise InvalidInputError("image_ids must be a list of ids.", field="image_ids")
        with self._db.reading() as session:
            query = select(Images.id).where(Images.project_id == project_id, in_library())
            present = set(session.exec(query))
        if image_ids and not present.intersection(image_ids):
            raise NotFoundError("None of these images is in the project. Choose again.")
        return image_ids

    def _read(self, image_ids: Sequence[str]) -> tuple[list[AnalyzedImage], dict[str, VitrineError]]:
        """Return the images that still exist, and why others cannot be read, by id."""
        with self._db.reading() as session:
            rows = list(session.exec(select(Images).where(col(Images.id).in_(image_ids), in_library())))
        images: list[AnalyzedImage] = []
        failed: dict[str, VitrineError] = {}
        for row in rows:
            try:
                images.append(AnalyzedImage(row, self._images.original_path(row)))
            except VitrineError as error:
                failed[row.id] = error
        return images, failed


def _in_order(chosen: Iterable[Analyzer]) -> list[Analyzer]:
    """Return the analyzers in the order of their list: tags, for example, are made from objects."""
    names = {one.name for one in chosen}
    return [one for name, one in analyzers().items() if name in names]


def _write(
    session: Session,
    item: ItemContext,
    one: Analyzer,
    version: str,
    done: Mapping[str, Analysis],
    ledger: DatabaseLedger,
) -> dict[str, Any]:
    for analysis in done.values():
        if analysis.reply is not None:
            ledger.settle(session, analysis.reply)
    return {"analyzer": one.name, "analyzed": store.write(session, item.project_id, one.name, version, done)}
