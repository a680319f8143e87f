"""Checks of a dataset, as a kind of task."""

import asyncio
from collections.abc import Iterable
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from core.checks import store
from core.checks.base import CheckContext
from core.checks.options import validated
from core.checks.registry import check_named
from core.dataset.conditions import usable_search
from core.dataset.filters import parse_search
from core.db import Database
from core.errors import ItemInterrupted
from core.tasks import ItemContext, ItemPlan, ItemResult


class CheckRecipe(BaseModel):
    """The config of a task that runs a check."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    check: str
    query: str = Field("", max_length=2_000, description="search line of the entries; rejected ones are never checked")
    options: dict[str, Any] = Field({}, description="what the check lets choose")


class DatasetCheckTask:
    """Runs one check over the entries of a project."""

    task_type: ClassVar[str] = "dataset-check"
    label: ClassVar[str] = "Check the dataset"

    def __init__(self, db_session: Database) -> None:
        self._db = db_session

    def plan(self, project_id: str, config: dict[str, Any]) -> Iterable[ItemPlan]:
        """See ``TaskKind.plan``."""
        recipe = check_recipe(config)
        yield ItemPlan(payload={"check": recipe.check})
        yield ItemPlan(payload={"remove_old": recipe.check}, stage=1)

    async def run_item(self, item: ItemContext) -> ItemResult:
        """See ``TaskKind.run_item``."""
        if old := item.payload.get("remove_old"):
            removed = await asyncio.to_thread(store.remove_old_runs, self._db, item.project_id, old)
            return ItemResult(lambda session: {"removed_runs": removed})
        return await asyncio.to_thread(self._run, item)

    def _run(self, item: ItemContext) -> ItemResult:
        recipe = check_recipe(item.config)
        check = check_named(recipe.check)
        with self._db.transaction() as session:
            run_id = store.begin_run(session, item.project_id, check.name, recipe.query, recipe.options).id
        with self._db.reading() as session:
            entries = store.read_entries(session, item.project_id, parse_search(recipe.query))
        context = CheckContext(entries, stoppable(item), self._db, item.project_id)
        found = check.run(context, validated(check.options, recipe.options))
        store.add_findings(self._db, run_id, found.findings)

        def write(session: Any) -> dict[str, Any]:
            store.end_run(session, run_id, found.result)
            return {"run_id": run_id, "entries": len(entries), "findings": len(found.findings)}

        return ItemResult(write)


def check_recipe(config: dict[str, Any]) -> CheckRecipe:
    """Validate *config*, with the options of its check and its search line.

    Raises:
        InvalidInputError: there is no such check, or a field is unknown or cannot be used.
    """
    recipe: CheckRecipe = validated(CheckRecipe, config)
    validated(check_named(recipe.check).options, recipe.options)
    usable_search(recipe.query)
    return recipe


def stoppable(item: ItemContext) -> Any:
    """Return the progress of a check that raises ``ItemInterrupted`` when the task was paused or cancelled."""

    def progress(share: float, step: str) -> None:
        if item.is_cancelled():
            raise ItemInterrupted
        item.progress(share, step)

    return progress
