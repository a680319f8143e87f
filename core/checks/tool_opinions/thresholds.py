"""From which agreement on a tool supports an answer, and up to which it contradicts it: two thresholds for each tool.

They are tuned on what people confirmed when there is enough of it: a confirmed answer is right, and the same answer
made wrong (the other of yes and no, one more, another place) is wrong. One answer in ten is taken to be wrong, whatever
the shares of the examples are.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from core.checks.tool_opinions import opinions as tools

PRECISION = 0.9
"""Of the contradicted answers, so many have to be wrong."""
SUPPORT = 0.98
"""Of the supported answers, so many have to be right."""
WRONG_SHARE = 0.1
MIN_EXAMPLES = 40
"""Right ones, and as many wrong ones. With fewer, one example moves the precision by more than a point."""
_FOLDS = 5
NEVER = -1.0


@dataclass(frozen=True)
class Thresholds:
    """Of one tool."""

    support: float
    contradict: float
    """Agreement up to this contradicts; below 0 for never."""


DEFAULTS = {
    tools.PRESENT: Thresholds(0.45, 0.0),
    tools.ABSENT: Thresholds(1.0, 0.6),
    tools.ENOUGH: Thresholds(0.5, NEVER),
    tools.NOT_MORE: Thresholds(0.95, 0.4),
    tools.PLACE: Thresholds(0.5, 0.5),
    tools.COLOR: Thresholds(0.5, 0.5),
    tools.TEXT: Thresholds(1.0, 0.999),
    tools.QUOTE: Thresholds(0.9, 0.5),
    tools.PIXELS: Thresholds(1.0, 0.0),
    tools.SCHEMA: Thresholds(1.0, 0.0),
}
"""Without enough confirmed answers: limits near those of offline/see, checked by ``bench/tool_opinions.py``."""


@dataclass(frozen=True)
class Example:
    """The agreement of a tool with an answer that is known to be right or wrong."""

    family: int
    agreement: float
    is_right: bool


@dataclass(frozen=True)
class Tuned:
    """The thresholds of a tool, and what they are founded on."""

    thresholds: Thresholds
    source: str
    """``confirmed`` or ``default``."""
    right: int
    wrong: int
    precision: float | None
    """Of contradictions: the share of wrong answers, measured on images that the thresholds were not tuned on."""
    recall: float | None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def tuned(tool: str, examples: Sequence[Example]) -> Tuned:
    """Return the thresholds of a tool, tuned on *examples* when there are enough and they hold on other images."""
    right = sum(example.is_right for example in examples)
    wrong = len(examples) - right
    default = DEFAULTS[tool]
    if min(right, wrong) < MIN_EXAMPLES:
        return Tuned(default, "default", right, wrong, None, None)
    if tool not in TUNABLE:
        return Tuned(default, "default", right, wrong, *_measured(examples, lambda others: default))
    precision, recall = _measured(examples, _fitted)
    found = _fitted(examples)
    if precision is None or precision < PRECISION - 0.1 or found.contradict == NEVER:
        return Tuned(default, "default", right, wrong, *_measured(examples, lambda others: default))
    return Tuned(found, "confirmed", right, wrong, precision, recall)


TUNABLE = (tools.PRESENT, tools.ABSENT, tools.ENOUGH, tools.NOT_MORE, tools.PLACE, tools.COLOR, tools.TEXT)


def _measured(
    examples: Sequence[Example], fit: Callable[[Sequence[Example]], Thresholds]
) -> tuple[float | None, float | None]:
    """Return precision and recall of contradictions, each fifth of the images by the thresholds of the others."""
    flagged: list[Example] = []
    for fold in range(_FOLDS):
        limit = fit([example for example in examples if example.family % _FOLDS != fold]).contradict
        flagged += [one for one in examples if one.family % _FOLDS == fold and one.agreement <= limit]
    right = sum(example.is_right for example in examples)
    wrong = len(examples) - right
    found = sum(not example.is_right for example in flagged)
    return _precision(found, len(flagged) - found, wrong, right), found / wrong if wrong else None


def _fitted(examples: Sequence[Example]) -> Thresholds:
    right = sum(example.is_right for example in examples)
    wrong = len(examples) - right
    by_agreement = sorted(examples, key=lambda example: example.agreement)
    contradict = _last_good(by_agreement, lambda seen_right, seen_wrong: _is_at_least(
        _precision(seen_wrong, seen_right, wrong, right), PRECISION))  # fmt: skip
    support = _last_good(by_agreement[::-1], lambda seen_right, seen_wrong: _is_at_least(
        _share(seen_right, seen_wrong, right, wrong, 1 - WRONG_SHARE), SUPPORT))  # fmt: skip
    limit = NEVER if contradict is None else contradict
    return Thresholds(1.01 if support is None else max(support, limit + 1e-9), limit)


def _last_good(ordered: Sequence[Example], is_good: Callable[[int, int], bool]) -> float | None:
    """Return the agreement of the last example up to which all together are good; equal ones stay together."""
    counts, found = [0, 0], None
    for place, example in enumerate(ordered):
        counts[not example.is_right] += 1
        is_last = place + 1 == len(ordered) or ordered[place + 1].agreement != example.agreement
        if is_last and is_good(*counts):
            found = example.agreement
    return found


def _precision(found: int, false: int, wrong: int, right: int) -> float | None:
    return _share(found, false, wrong, right, WRONG_SHARE)


def _share(found: int, false: int, of: int, others: int, prior: float) -> float | None:
    """Return the share of *found* of both when *of* are as frequent as *prior* says; None for none of either."""
    ours, theirs = prior * found / max(of, 1), (1 - prior) * false / max(others, 1)
    return ours / (ours + theirs) if ours + theirs else None


def _is_at_least(share: float | None, least: float) -> bool:
    return share is not None and share >= least
