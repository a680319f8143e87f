"""Drafting twins, as a kind of task: an item is a question that can be guessed, with its candidates."""

import asyncio
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlmodel import Session, col, select

from core.checks import guessable, store
from core.checks.base import CheckContext
from core.checks.options import validated
from core.checks.task import stoppable
from core.checks.twins import measured, relation
from core.checks.twins.candidates import MAX_CANDIDATES, MIN_CANDIDATES, TwinCandidates, asked_images, differs
from core.checks.twins.drafting import AskedCandidate, TwinDrafter, keep_asked
from core.dataset.conditions import conditions, usable_search
from core.dataset.edits import UserAction
from core.dataset.filters import parse_search
from core.db import Database, EntryFindings, ImageDatasets, Images
from core.errors import BadReplyError, InvalidInputError, ItemInterrupted, NotFoundError
from core.llm import DatabaseLedger, LLMService, ModelConfig, session_keys
from core.questions.text import GROUNDING
from core.tasks import ItemContext, ItemPlan, ItemResult, with_models

if TYPE_CHECKING:
    from core.images import ImageService

ACTOR = "task"
_ENTRIES_PER_READ = 500


class TwinRecipe(BaseModel):
    """The config of a task that drafts twins."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    query: str = Field("", max_length=2_000, description="search line of the entries; rejected ones get no twin")
    max_twins: int = Field(200, ge=1, le=20_000, description="those guessed with the highest chance come first")
    candidates: int = Field(MAX_CANDIDATES, ge=MIN_CANDIDATES, le=MAX_CANDIDATES, description="similar images each")
    tries: int = Field(3, ge=1, le=MAX_CANDIDATES, description="how many candidates of an entry are asked at most")
    models: list[dict[str, Any]] = Field(min_length=1, max_length=1)
    """The model config; ``llm_config`` is read too."""
    concurrency: int | None = Field(None, ge=1, le=64)

    @model_validator(mode="before")
    @classmethod
    def _read_models(cls, config: Any) -> Any:
        return with_models(config) if isinstance(config, dict) and "llm_config" in config else config


class TwinDraftingTask:
    """Asks the questions that can be guessed about similar images, until the answers differ."""

    task_type: ClassVar[str] = "twin-drafting"
    label: ClassVar[str] = "Draft twins"

    def __init__(self, db_session: Database, llm_service: LLMService, image_service: "ImageService") -> None:
        self._db = db_session
        self.drafter = TwinDrafter(db_session, llm_service, image_service)

    def plan(self, project_id: str, config: dict[str, Any]) -> Iterable[ItemPlan]:
        """Return an item for each entry with its candidates, and the one that measures; see ``TaskKind.plan``.

        Raises:
            InvalidInputError: the config cannot be used, the check ``guessable`` was not run, its images have no
                vectors, or nothing is left to draft.
        """
        recipe = twin_recipe(config)
        self.drafter.evidence.require(ModelConfig.from_dict(recipe.models[0]))
        plans = list(self._plans(project_id, recipe))
        if not plans:
            raise InvalidInputError(
                "No guessed answer without a twin has candidates. Add images, or check again what can be guessed."
            )
        return [*plans, ItemPlan(payload={"measure": True}, stage=1)]

    def _plans(self, project_id: str, recipe: TwinRecipe) -> Iterator[ItemPlan]:
        finder, found, without_vectors = TwinCandidates(self._db, self.drafter.evidence), 0, None
        for entry in self._guessed(project_id, recipe):
            try:
                # What speaks for the same answer need not be asked.
                ids = [one.image.id for one in finder.of(entry, recipe.candidates) if one.speaks != "for"]
            except InvalidInputError as error:
                without_vectors = error
                continue
            if ids:
                yield ItemPlan(entry.id, {"candidates": ids})
                found += 1
            if found == recipe.max_twins:
                return
        if not found and without_vectors is not None:
            raise without_vectors

    def _guessed(self, project_id: str, recipe: TwinRecipe) -> Iterator[ImageDatasets]:
        """Yield the entries whose answer was guessed and that have no twin, those with the highest chance first."""
        with self._db.reading() as session:
            run = store.newest_run(session, project_id, guessable.CHECK.name)
            if run is None:
                raise InvalidInputError("First check how many answers can be guessed, then draft twins.")
            query = (
                select(ImageDatasets.id)
                .join(EntryFindings, col(EntryFindings.entry_id) == col(ImageDatasets.id))
                .where(
                    EntryFindings.run_id == run.id, EntryFindings.verdict == guessable.GUESSED,
                    *conditions(project_id, parse_search(recipe.query)), col(ImageDatasets.rejected).is_(False),
                    ImageDatasets.more_image_ids == "", col(ImageDatasets.conversation_id).is_(None),
                    ImageDatasets.kind != GROUNDING,
                )
                .order_by(col(EntryFindings.score).desc(), col(ImageDatasets.create_at), col(ImageDatasets.id))
            )  # fmt: skip
            ids = list(session.exec(query))
        for start in range(0, len(ids), _ENTRIES_PER_READ):
            some = ids[start : start + _ENTRIES_PER_READ]
            with self._db.reading() as session:
                having = relation.twins_of(session, some)
                rows = {
                    row.id: row for row in session.exec(select(ImageDatasets).where(col(ImageDatasets.id).in_(some)))
                }
            yield from (rows[id_] for id_ in some if id_ in rows and id_ not in having)

    async def run_item(self, item: ItemContext) -> ItemResult:
        """See ``TaskKind.run_item``."""
        if item.payload.get("measure"):
            return await asyncio.to_thread(self._measure, item)
        entry = await asyncio.to_thread(self._entry, item.subject_id)
        if entry is None:
            return ItemResult(lambda session: {"twins": 0, "asked": 0})
        return await self._draft(item, entry)

    async def _draft(self, item: ItemContext, entry: ImageDatasets) -> ItemResult:
        recipe = twin_recipe(item.config)
        config = self._model(recipe, item.task_id)
        ledger = DatabaseLedger(self._db, task_id=item.task_id, item_id=item.item_id, purpose="twins")
        asked, failure = 0, None
        for image_id in item.payload["candidates"]:
            if asked == recipe.tries:
                break
            if item.is_cancelled():
                raise ItemInterrupted
            image = await asyncio.to_thread(self._image, entry, image_id)
            if image is None:
                continue
            asked += 1
            try:
                candidate = await self.drafter.ask(entry, image, config, ledger, item.task_id)
            except BadReplyError as error:
                failure = error
                continue
            if not candidate.doubt and differs(entry.answer, candidate.answer, entry.answer_type, entry.language):
                return self._kept(entry, candidate, ledger, asked)
            for reply in candidate.replies:
                await asyncio.to_thread(ledger.settle_now, reply)
        if failure is not None:
            raise failure
        return ItemResult(lambda session: {"twins": 0, "asked": asked})

    def _kept(self, entry: ImageDatasets, asked: AskedCandidate, ledger: DatabaseLedger, count: int) -> ItemResult:
        def write(session: Session) -> dict[str, Any]:
            for reply in asked.replies:
                ledger.settle(session, reply)
            try:
                twin = keep_asked(session, entry.id, entry.version, asked, UserAction(relation.ACTION, ACTOR))
            except NotFoundError:
                twin = None
            return {"twins": int(twin is not None), "asked": count}

        return ItemResult(write)

    def _measure(self, item: ItemContext) -> ItemResult:
        """Run the check of twins over all entries of the search line."""
        query = twin_recipe(item.config).query
        with self._db.reading() as session:
            entries = store.read_entries(session, item.project_id, parse_search(query))
        if len(entries) < guessable.MIN_ENTRIES:
            return ItemResult()
        found = measured.CHECK.run(CheckContext(entries, stoppable(item)), measured.Options())
        with self._db.transaction() as session:
            run_id = store.begin_run(session, item.project_id, measured.CHECK.name, query, {}).id
        store.add_findings(self._db, run_id, found.findings)

        def write(session: Session) -> dict[str, Any]:
            store.end_run(session, run_id, found.result)
            return {"run_id": run_id}

        return ItemResult(write)

    def _entry(self, entry_id: str) -> ImageDatasets | None:
        """Return the entry; None when it was deleted or rejected, or has a twin by now."""
        with self._db.reading() as session:
            entry = session.get(ImageDatasets, entry_id)
            is_open = entry is not None and entry.deleted_at is None and not entry.rejected
            return entry if is_open and not relation.twins_of(session, [entry_id]) else None

    def _image(self, entry: ImageDatasets, image_id: str) -> Images | None:
        """Return a candidate; None when it was deleted or asked the question meanwhile."""
        with self._db.reading() as session:
            image = session.get(Images, image_id)
            if image is None or not image.is_in_library or asked_images(session, entry, [image_id]):
                return None
            return image

    def _model(self, recipe: TwinRecipe, task_id: str) -> ModelConfig:
        known = {"timeout_s": self._db.settings.llm_timeout_s, **recipe.models[0]}
        key = session_keys.find(task_id, 0)
        return ModelConfig.from_dict({**known, "api_key": key} if key else known)


def twin_recipe(config: dict[str, Any]) -> TwinRecipe:
    """Validate *config*.

    Raises:
        InvalidInputError: a field is unknown or cannot be used.
    """
    recipe: TwinRecipe = validated(TwinRecipe, config)
    usable_search(recipe.query)
    return recipe
