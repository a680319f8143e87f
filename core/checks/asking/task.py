"""Asking models about entries, as a kind of task.

One item asks about one entry and stores its finding; an item of the next stage makes the numbers of all findings. The
run has the id of its task. A reply is paid for when it came: an item that is repeated after a crash takes it from the
ledger.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from sqlmodel import Session

from core.checks import store
from core.checks.asking import runs
from core.checks.asking.base import NO_ANSWER, AskedEntry, AskedRun, AskingCheck, Call, ComparingCheck, Reply
from core.checks.asking.loading import EntryLoader
from core.checks.asking.recipe import asking_recipe, drawn_entries
from core.checks.base import Finding
from core.db import Database
from core.errors import BadReplyError, InvalidInputError
from core.llm import DatabaseLedger, LLMService, ModelConfig, session_keys
from core.tasks import ItemContext, ItemPlan, ItemResult

if TYPE_CHECKING:
    from core.images import ImageService

_NUMBERS, _REMOVING = 1, 2
"""The stages after asking."""


class AskedCheckTask:
    """Runs one check that asks models about entries of a project."""

    task_type: ClassVar[str] = "asked-check"
    label: ClassVar[str] = "Ask models about entries"

    def __init__(self, db_session: Database, llm_service: LLMService, image_service: "ImageService") -> None:
        self._db = db_session
        self._llm = llm_service
        self._loader = EntryLoader(db_session, llm_service, image_service)

    def plan(self, project_id: str, config: dict[str, Any]) -> Iterable[ItemPlan]:
        """See ``TaskKind.plan``."""
        recipe, check, run = asking_recipe(config)
        if check.shows_images(run):
            for model in run.models:
                self._loader.evidence.require(model)
        with self._db.reading() as session:
            drawn = drawn_entries(session, project_id, recipe, check, run)
        if not drawn.entries:
            raise InvalidInputError("There is no entry that models can be asked about. Choose others.", field="query")
        yield from (ItemPlan(entry.id) for entry in drawn.entries)
        sample = {
            "drawn": len(drawn.entries), "of": drawn.of, "left_out": drawn.left_out, "compared": drawn.compared,
        }  # fmt: skip
        yield ItemPlan(payload={"numbers": sample}, stage=_NUMBERS)
        yield ItemPlan(payload={"remove_old": recipe.check}, stage=_REMOVING)

    async def run_item(self, item: ItemContext) -> ItemResult:
        """See ``TaskKind.run_item``."""
        if old := item.payload.get("remove_old"):
            removed = await asyncio.to_thread(store.remove_old_runs, self._db, item.project_id, old)
            return ItemResult(lambda session: {"removed_runs": removed})
        if sample := item.payload.get("numbers"):
            return await asyncio.to_thread(self._make_numbers, item, sample)
        return await self._ask_about(item)

    async def _ask_about(self, item: ItemContext) -> ItemResult:
        _, check, run = asking_recipe(item.config)
        entry = await self._loader.load(
            item.subject_id,
            run.models,
            with_images=check.shows_images(run),
            with_rejected=isinstance(check, ComparingCheck),
        )
        if entry is None:
            return ItemResult()
        models = [self._with_key(model, item.task_id, place) for place, model in enumerate(run.models)]
        ledger = DatabaseLedger(self._db, task_id=item.task_id, item_id=item.item_id, purpose=check.name)
        replies = await self._send(
            [_told_apart(call, run, item.task_id) for call in check.calls(entry, run)], models, ledger
        )
        finding = _finding(check, entry, replies, run)

        def write(session: Session) -> dict[str, Any]:
            if not runs.is_as_asked(session, entry):
                return {}  # it was edited meanwhile, and is asked about again before the numbers are made
            runs.ensure(session, item)
            store.put_finding(session, item.task_id, finding)
            return {"verdict": finding.verdict}

        again = await asyncio.to_thread(runs.numbers_again, self._db, item)
        return ItemResult(write, [ItemPlan(payload={"numbers": again}, stage=_NUMBERS)] if again else ())

    async def _send(self, calls: list[Call], models: list[ModelConfig], ledger: DatabaseLedger) -> list[Reply]:
        """Return the replies in the order of the calls, all of them sent at once."""

        async def send(call: Call) -> Reply:
            model = models[call.model]
            try:
                reply = await self._llm.chat(model, call.request, ledger=ledger)
            except BadReplyError as error:
                return Reply("", None, model.litellm_model, str(error))
            await self._db.write(lambda session: ledger.settle(session, reply))
            return Reply(reply.text, reply.parsed, model.litellm_model)

        ended = await asyncio.gather(*map(send, calls), return_exceptions=True)
        failed = next((error for error in ended if isinstance(error, BaseException)), None)
        if failed is not None:
            raise failed
        return [reply for reply in ended if isinstance(reply, Reply)]

    def _with_key(self, model: ModelConfig, task_id: str, place: int) -> ModelConfig:
        key = session_keys.find(task_id, place)
        return replace(model, api_key=key) if key else model

    def _make_numbers(self, item: ItemContext, sample: dict[str, Any]) -> ItemResult:
        _, check, run = asking_recipe(item.config)
        if runs.has_later_numbers(self._db, item):
            return ItemResult()
        if not sample.get("complete") and (missing := runs.entries_without_finding(self._db, item)):
            once_more = ItemPlan(payload={"numbers": {**sample, "complete": True}}, stage=_NUMBERS)
            return ItemResult(more=[*map(ItemPlan, missing), once_more])
        result = runs.numbers(self._db, item, check, run, sample)

        def write(session: Session) -> dict[str, Any]:
            store.end_run(session, item.task_id, result)
            return {"run_id": item.task_id}

        return ItemResult(write)


def _told_apart(call: Call, run: AskedRun, task_id: str) -> Call:
    """Return the call, for a fresh run with a request that only this task has paid for."""
    if not run.options.fresh:
        return call
    return replace(call, request=replace(call.request, variant=f"{task_id} {call.request.variant}".strip()))


def _finding(check: AskingCheck, entry: AskedEntry, replies: list[Reply], run: AskedRun) -> Finding:
    if all(reply.problem for reply in replies):
        return Finding(entry.id, NO_ANSWER, None, {"problem": replies[0].problem if replies else ""})
    return check.finding(entry, replies, run)
