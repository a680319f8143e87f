"""What a run that asks models will send and cost, before it is started."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.checks.asking.base import AskedRun, AskingCheck, Call
from core.checks.asking.loading import EntryLoader
from core.checks.asking.recipe import asking_recipe, drawn_entries
from core.checks.base import CheckedEntry
from core.db import Database
from core.errors import ImageRejectedError, StorageError
from core.llm import LLMService

if TYPE_CHECKING:
    from core.images import ImageService

_ENTRIES_TRIED = 5
"""The requests about so many entries stand for those about all."""


@dataclass(frozen=True)
class AskingEstimate:
    """The expected calls, input tokens and cost of a run."""

    entries: int
    """How many are asked about."""
    of: int
    """How many could be asked about."""
    left_out: int
    """How many the check can say nothing of."""
    compared: int
    """How many of ``entries`` are reviewed ones beside the sample, to compare the model with people."""
    calls: int
    tokens_low: int
    tokens_high: int
    cost_low: float | None
    """US dollars; None when the price is unknown."""
    cost_high: float | None


def estimate(
    db: Database, llm: LLMService, images: "ImageService", project_id: str, config: dict[str, Any]
) -> AskingEstimate:
    """Return what a run with *config* will send and cost at most; what was paid for before is not sent again.

    Raises:
        InvalidInputError: the config cannot be used.
    """
    recipe, check, run = asking_recipe(config)
    with db.reading() as session:
        drawn = drawn_entries(session, project_id, recipe, check, run)
    tried = _calls(EntryLoader(db, llm, images), check, run, drawn.entries[:_ENTRIES_TRIED])
    share = len(drawn.entries) / min(len(drawn.entries), _ENTRIES_TRIED) if tried else 0.0
    tokens, costs = [(0.0, 0.0)], []
    for call in tried:
        name, request = run.models[call.model].litellm_model, call.request
        size_wh = request.images[0].size_wh if request.images else None
        chars, count = len(request.prompt) + len(request.system), len(request.images)
        tokens.append(llm.estimate_prompt(name, size_wh, chars, images=count))
        costs.append(llm.estimate_call(name, size_wh, chars, call.reply_tokens, images=count))
    known = [cost for cost in costs if cost is not None]
    is_priced = len(known) == len(costs)
    return AskingEstimate(
        entries=len(drawn.entries), of=drawn.of, left_out=drawn.left_out, compared=drawn.compared,
        calls=round(len(tried) * share),
        tokens_low=round(sum(low for low, _ in tokens) * share),
        tokens_high=round(sum(high for _, high in tokens) * share),
        cost_low=sum(cost.low for cost in known) * share if is_priced else None,
        cost_high=sum(cost.high for cost in known) * share if is_priced else None,
    )  # fmt: skip


def _calls(loader: EntryLoader, check: AskingCheck, run: AskedRun, entries: Sequence[CheckedEntry]) -> list[Call]:
    calls: list[Call] = []
    for entry in entries:
        try:
            loaded = loader.read(entry.id, run.models, with_images=check.shows_images(run))
        except (StorageError, ImageRejectedError):  # the file of its image is missing, which its item will say
            loaded = loader.read(entry.id, run.models, with_images=False)
        calls += check.calls(loaded[0], run) if loaded else ()
    return calls
