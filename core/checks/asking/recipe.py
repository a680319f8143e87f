"""The config of a task that asks models about entries, and which entries it draws."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlmodel import Session

from core.checks import store
from core.checks.asking.base import AskedRun, AskingCheck, ComparingCheck
from core.checks.asking.registry import asking_check
from core.checks.base import CheckedEntry
from core.checks.judging.reviews import read_reviewed
from core.checks.options import validated
from core.dataset.conditions import usable_search
from core.dataset.filters import parse_search
from core.llm import ModelConfig
from core.tasks import with_models


class AskingRecipe(BaseModel):
    """The config of a task that asks models about entries."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    check: str
    query: str = Field("", max_length=2_000, description="search line of the entries; rejected ones are never asked")
    options: dict[str, Any] = Field({}, description="sample, seed, fresh, and what the check lets choose")
    models: list[dict[str, Any]] = Field(min_length=1, max_length=5)
    concurrency: int | None = Field(None, ge=1, le=64)
    """Entries at a time; None: the setting ``VITRINE_LLM_CONCURRENCY``."""

    @model_validator(mode="before")
    @classmethod
    def _read_models(cls, config: Any) -> Any:
        return with_models(config) if isinstance(config, dict) and "models" not in config else config

    @property
    def stored_options(self) -> dict[str, Any]:
        """What is stored with a run: its models and options."""
        return {"models": self.models, **self.options}


@dataclass(frozen=True)
class Drawn:
    """The entries of a run."""

    entries: list[CheckedEntry]
    """Those that are asked about."""
    of: int
    """How many could be asked about."""
    left_out: int
    """How many the check can say nothing of."""
    compared: int = 0
    """How many of the entries are not of the sample, but reviewed ones that it is compared with."""


def asking_recipe(config: dict[str, Any]) -> tuple[AskingRecipe, AskingCheck, AskedRun]:
    """Validate *config*, with its models, the options of its check and its search line.

    Raises:
        InvalidInputError: there is no such check, a field is unknown or cannot be used, or the check cannot ask these
            models together.
    """
    recipe: AskingRecipe = validated(AskingRecipe, config)
    check = asking_check(recipe.check)
    options = validated(check.options, recipe.options)
    usable_search(recipe.query)
    run = AskedRun(options, tuple(map(ModelConfig.from_dict, recipe.models)))
    check.series(run)
    return recipe, check, run


def drawn_entries(session: Session, project_id: str, recipe: AskingRecipe, check: AskingCheck, run: AskedRun) -> Drawn:
    """Return the sample of a run, followed by the reviewed entries that it is compared with."""
    drawn = draw(check, run, store.read_entries(session, project_id, parse_search(recipe.query)))
    if not isinstance(check, ComparingCheck):
        return drawn
    known = {entry.id for entry in drawn.entries}
    reviewed = check.reviewed(read_reviewed(session, project_id), run)
    beside = [entry for entry in reviewed if entry.id not in known]
    return replace(drawn, entries=[*drawn.entries, *beside], compared=len(beside))


def draw(check: AskingCheck, run: AskedRun, entries: Sequence[CheckedEntry]) -> Drawn:
    """Return a random sample of the entries that the check can say something of, in their order."""
    fitting = [entry for entry in entries if check.fits(entry)]
    size = len(fitting) if run.options.sample == "all" else min(run.options.sample, len(fitting))
    places = sorted(random.Random(run.options.seed).sample(range(len(fitting)), size))
    return Drawn([fitting[place] for place in places], len(fitting), len(entries) - len(fitting))
