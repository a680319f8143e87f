"""Twins: candidates of an entry, drafting one or many, and what drafting costs."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlmodel import col, select

from core.checks import store
from core.checks.twins import measured, relation
from core.checks.twins.candidates import MAX_CANDIDATES, Candidate, TwinCandidates, differs
from core.checks.twins.drafting import asked_question, check_may_be_twin, keep_asked, keep_typed, same_answer
from core.checks.twins.task import TwinDraftingTask, twin_recipe
from core.dataset.edits import LOCAL, UserAction, entry_by_id
from core.dataset.entry_images import images_by_ids
from core.db import Database, ImageDatasets, Images, new_id
from core.errors import ConflictError, InvalidInputError
from core.llm import DatabaseLedger, LLMService, ModelConfig, session_keys
from core.questions import answering
from core.tasks import TaskKind, TaskRunner, TaskService, models_of

if TYPE_CHECKING:
    from core.images import ImageService

_TOKENS_PER_ANSWER = 45


@dataclass(frozen=True)
class TwinEstimate:
    """What drafting twins will ask and cost."""

    questions: int
    """How many questions can get a twin."""
    calls_low: int
    """One for each question."""
    calls_high: int
    """When every candidate that may be asked is asked."""
    cost_low: float | None
    """US dollars; None when the price is unknown."""
    cost_high: float | None


class TwinService:
    """Drafts twins, so that fewer answers can be guessed and no entry has to be left out."""

    def __init__(self, db_session: Database, llm_service: LLMService, image_service: "ImageService") -> None:
        self._db = db_session
        self._llm = llm_service
        self.task = TwinDraftingTask(db_session, llm_service, image_service)
        self._drafter = self.task.drafter

    def candidates(self, entry_id: str, limit: int = MAX_CANDIDATES) -> list[Candidate]:
        """Return images that may be the twin of an entry: those that speak against its answer first, nearest first.

        Raises:
            NotFoundError: the entry or its image does not exist any more.
            InvalidInputError: its image has no vector yet.
        """
        with self._db.reading() as session:
            entry = entry_by_id(session, entry_id)
        return TwinCandidates(self._db, self._drafter.evidence).of(entry, limit)

    def twins_of(self, entry_ids: Sequence[str]) -> dict[str, tuple[ImageDatasets, Images]]:
        """Return the twin of each entry that has one, with its image."""
        with self._db.reading() as session:
            found = relation.twins_of(session, entry_ids)
            ids = {twin.image_id for twin in found.values()}
            images = {row.id: row for row in session.exec(select(Images).where(col(Images.id).in_(ids)))}
        return {id_: (twin, images[twin.image_id]) for id_, twin in found.items() if twin.image_id in images}

    def add(
        self, entry_id: str, image_id: str, answer: str, *, actor: str = LOCAL, batch_id: str | None = None
    ) -> ImageDatasets:
        """Store a person's *answer* to the question of an entry about another image, as the twin of the entry.

        Args:
            batch_id: undoes it.

        Raises:
            NotFoundError: the entry or the image was deleted.
            InvalidInputError: the answer is the same, breaks the rules of its type, or the image was asked already.
        """
        action = UserAction(relation.ACTION, actor, batch_id or new_id())
        with self._db.transaction() as session:
            return keep_typed(session, entry_id, image_id, answer, action)

    async def ask(
        self,
        entry_id: str,
        image_id: str,
        config: Mapping[str, Any],
        *,
        actor: str = LOCAL,
        batch_id: str | None = None,
    ) -> ImageDatasets:
        """Ask a model the question of an entry about another image, and store its answer as the twin of the entry.

        Raises:
            NotFoundError: the entry or the image was deleted.
            InvalidInputError: the answer is the same or doubtful, or the image was asked already.
            ConflictError: the entry was changed meanwhile; the ledger keeps the reply.
            LLMError: the call failed.
        """
        model = ModelConfig.from_dict({"timeout_s": self._db.settings.llm_timeout_s, **config})
        self._drafter.evidence.require(model)
        entry, image = await asyncio.to_thread(self._pair, entry_id, image_id)
        ledger = DatabaseLedger(self._db, purpose="twins")
        asked = await self._drafter.ask(entry, image, model, ledger, None)
        for reply in asked.replies:
            await asyncio.to_thread(ledger.settle_now, reply)
        if asked.doubt:
            raise InvalidInputError(f"{asked.doubt} Type the answer, or choose another image.")
        if not differs(entry.answer, asked.answer, entry.answer_type, entry.language):
            raise InvalidInputError(same_answer(asked.answer), field="answer")
        action = UserAction(relation.ACTION, actor, batch_id or new_id())
        twin = await self._db.write(lambda session: keep_asked(session, entry_id, entry.version, asked, action))
        if twin is None:
            raise ConflictError("This entry was changed meanwhile. Look at it again, then choose its twin.")
        return twin

    def _pair(self, entry_id: str, image_id: str) -> tuple[ImageDatasets, Images]:
        with self._db.reading() as session:
            entry = entry_by_id(session, entry_id)
            (image,) = images_by_ids(session, entry.project_id, [image_id])
            check_may_be_twin(session, entry, image)
            return entry, image

    def estimate(self, project_id: str, config: Mapping[str, Any]) -> TwinEstimate:
        """Return how many questions a task with *config* asks again, and the cost.

        Args:
            config: a ``TwinRecipe``: ``query``, ``max_twins``, ``candidates``, ``tries`` and ``llm_config``.

        Raises:
            InvalidInputError: the config cannot be used, the check ``guessable`` was not run, the images have no
                vectors, or nothing is left to draft.
        """
        recipe = twin_recipe(dict(config))
        plans = [plan for plan in self.task.plan(project_id, dict(config)) if plan.subject_id]
        most = sum(min(recipe.tries, len(plan.payload["candidates"])) for plan in plans)
        model = ModelConfig.from_dict(recipe.models[0])
        with self._db.reading() as session:
            entry = entry_by_id(session, plans[0].subject_id)
            image = session.get_one(Images, plans[0].payload["candidates"][0])
        part = self._drafter.part(image, model)
        request = answering.build_request(
            [asked_question(entry, image)],
            part,
            entry.language,
            model=model.litellm_model,
            verifiable=self._drafter.wants_verifiable(entry),
        )
        cost = self._llm.estimate_call(model.litellm_model, part.size_wh, len(request.prompt), _TOKENS_PER_ANSWER)
        low, high = (cost.low * len(plans), cost.high * most) if cost else (None, None)
        return TwinEstimate(len(plans), len(plans), most, low, high)

    async def draft(
        self, project_id: str, config: Mapping[str, Any], *, cost_cap: float | None = None
    ) -> dict[str, Any]:
        """Draft twins for the questions whose answers are guessed best, and return the numbers before and after.

        Args:
            config: see :meth:`estimate`.
            cost_cap: US dollars; the task pauses before a call that would exceed them.

        Returns:
            ``twins``, ``asked``, ``failed``, ``status``, and of the check ``twins`` ``before``, ``after`` and
            ``share_with_twin``.

        Raises:
            InvalidInputError: see :meth:`estimate`.
            NotFoundError: there is no such project.
        """
        kind: TaskKind = self.task
        tasks = TaskService(self._db, lambda: {kind.task_type: kind})
        task = await asyncio.to_thread(tasks.create_task, project_id, kind.task_type, dict(config), cost_cap=cost_cap)
        for index, model in enumerate(models_of(config)):
            if model.get("api_key"):
                session_keys.register(task.id, model["api_key"], index)
        ended = await TaskRunner(self._db, {kind.task_type: kind}).run(task.id)
        results = [item.result for item in tasks.items(task.id, state="done", limit=ended.total_count)]
        counts = {name: sum(result.get(name, 0) for result in results) for name in ("twins", "asked")}
        with self._db.reading() as session:
            run = store.newest_run(session, project_id, measured.CHECK.name)
        shares = {name: run.result[name] for name in ("before", "after", "share_with_twin")} if run else {}
        return {**counts, **shares, "failed": ended.failed_count, "status": ended.status}
