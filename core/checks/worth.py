"""The next entries that are worth a person's time: doubtful ones, of images unlike those seen, of every kind.

Entries are chosen one after the other. Each time the one is taken for which the weighted sum of its doubt, the novelty
of its image and the need of its kind is highest; the weights are the three sliders of the page.
"""

import random
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from core.checks.base import CheckContext, CheckedEntry, CheckResult, Finding
from core.checks.picking import novelty
from core.checks.picking.doubt import SOURCES, doubts
from core.checks.reporting.content import Fact, Section, Table, of_all
from core.errors import InvalidInputError

NEXT = "next"
MAX_NEXT = 1_000
_MAX_REVIEWED_IMAGES = 256
"""Of the images of reviewed entries so many, drawn by seed, count as seen: more would hardly move what is new."""
_PICKS_PER_PROGRESS = 10
_ENOUGH_DOUBT = 0.25
Array = NDArray[np.float32]


class Options(BaseModel):
    """How many, and how much each reason counts."""

    model_config = ConfigDict(extra="forbid")

    count: int = Field(100, ge=1, le=MAX_NEXT, description="how many entries to choose")
    doubt: float = Field(1.0, ge=0, le=10, description="weight of what speaks against the answer")
    diversity: float = Field(1.0, ge=0, le=10, description="weight of images unlike those that were seen")
    balance: float = Field(0.5, ge=0, le=10, description="weight of kinds of questions that were reviewed less")


class WorthCheck:
    """See the module."""

    name = "worth"
    label = "Worth your time"
    options = Options

    def run(self, context: CheckContext, options: Options) -> CheckResult:
        """See ``Check.run``."""
        is_open = [not entry.is_confirmed for entry in context.entries]
        if not any(is_open):
            raise InvalidInputError("There is no open entry to choose. Every one is decided already.")
        vectors, doubt, why = _known(context)
        places = choose(context, doubt, vectors, options)
        findings = [
            Finding(context.entries[place].id, NEXT, float(rank), {"doubt": round(doubt[place], 3), "why": why[place]})
            for rank, place in enumerate(places, start=1)
        ]
        return CheckResult(_result(context.entries, places, doubt, why, has_vectors=bool(vectors)), findings)

    def report(self, result: dict[str, Any]) -> Section:
        """See ``Reporting.report``."""
        reasons = tuple((str(one["label"]), f"{one['entries']:,}") for one in result["reasons"])
        return Section(
            self.label,
            "",
            (
                Fact("Open entries", of_all(result["open"], result["entries"])),
                Fact("Chosen to be reviewed next", f"{result['chosen']:,}"),
                Fact("Of these doubtful", of_all(result["doubtful"], result["chosen"])),
                Fact("On different images", f"{result['images']:,}"),
            ),
            (Table(("Why", "Entries"), reasons),) if reasons else (),
            how="Chosen by doubt, by images unlike those seen, and by kinds that were reviewed less.",
        )


def choose(context: CheckContext, doubt: Sequence[float], vectors: dict[str, Array], options: Options) -> list[int]:
    """Return the places of the chosen entries in their order; ties are broken by seed."""
    entries = context.entries
    is_free = np.array([not entry.is_confirmed for entry in entries])
    new, image_of = novelty.of_entries(entries, vectors)
    kinds: dict[str, int] = {}
    kind_of = np.array([kinds.setdefault(entry.kind, len(kinds)) for entry in entries], np.int64)
    reviewed = np.flatnonzero(~is_free)
    counts = np.bincount(kind_of[reviewed], minlength=len(kinds)).astype(np.float32)
    seen = sorted(set(image_of[reviewed].tolist()))
    for image in random.Random(0).sample(seen, min(len(seen), _MAX_REVIEWED_IMAGES)):
        new.choose(image)
    fixed = options.doubt * np.asarray(doubt, np.float32) + np.random.default_rng(0).random(len(entries)) * 1e-4
    chosen: list[int] = []
    for number in range(min(options.count, int(is_free.sum()))):
        if number % _PICKS_PER_PROGRESS == 0:
            context.progress(number / options.count, "Choosing entries")
        need = 1 - counts / max(float(counts.max()), 1.0)
        worth = fixed + options.diversity * new.values()[image_of] + options.balance * need[kind_of]
        place = int(np.where(is_free, worth, -1.0).argmax())
        chosen.append(place)
        is_free[place] = False
        counts[kind_of[place]] += 1
        new.choose(int(image_of[place]))
    return chosen


def _known(context: CheckContext) -> tuple[dict[str, Array], list[float], list[list[str]]]:
    assert context.db is not None  # noqa: S101 - the task gives it
    context.progress(0.0, "Reading what is known of the entries")
    with context.db.reading() as session:
        vectors = novelty.read_vectors(session, context.project_id)
        doubt, why = doubts(session, context.project_id, context.entries)
    return vectors, doubt, why


def _result(
    entries: Sequence[CheckedEntry], places: Sequence[int], doubt: Sequence[float], why: Sequence[Sequence[str]],
    *, has_vectors: bool,
) -> dict[str, Any]:  # fmt: skip
    chosen = [entries[place] for place in places]
    reasons = Counter(name for place in places for name in why[place])
    kinds = Counter(entry.kind for entry in chosen)
    return {
        "entries": len(entries), "open": sum(not entry.is_confirmed for entry in entries), "chosen": len(chosen),
        "doubtful": sum(doubt[place] >= _ENOUGH_DOUBT for place in places),
        "images": len({entry.image_id for entry in chosen}), "has_vectors": has_vectors,
        "reasons": [{"name": one.name, "label": one.label, "entries": reasons[one.name]}
                    for one in SOURCES if reasons[one.name]],
        "kinds": [{"value": kind, "entries": count} for kind, count in kinds.most_common()],
        "first": [entry.image_id for entry in chosen[:6]],
    }  # fmt: skip


CHECK = WorthCheck()
