"""The numbers of one model, and of two compared."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from core.checks.arena.statistics import Comparison, compare, mean_interval
from core.checks.base import CheckedEntry, Finding
from core.checks.intervals import wilson

GROUPS = ("kind", "language", "answer_type", "measure")
"""By what the numbers are shown: three fields of an entry, and how its answer is scored."""
MAX_GROUPS = 12

Answered = tuple[CheckedEntry, Finding]


def numbers(answered: Sequence[Answered], model: str) -> dict[str, Any]:
    """Return the numbers of the answers of a model, as JSON; each question counts once, however many people answered.

    Args:
        model: as it stands at entries that it answered itself.
    """
    asked = once_a_question(answered)
    right = sum(finding.verdict == "right" for _, finding in asked)
    return {
        **_mean(asked),
        "right": right,
        "right_interval": list(wilson(right, len(asked))),
        "own_answers": sum(entry.model == model for entry, _ in asked),
        "not_confirmed": sum(not entry.is_confirmed for entry, _ in asked),
        "groups": {name: [{"value": value, **_mean(part)} for value, part in _parts(asked, name)] for name in GROUPS},
    }


def comparison(pairs: Sequence[tuple[CheckedEntry, Finding, Finding]]) -> dict[str, Any]:
    """Return how model A differs from model B on the entries that both answered, as JSON.

    Args:
        pairs: entries with what was found of the answer of A and of that of B.
    """
    second = {entry.id: b for entry, _, b in pairs}
    asked = once_a_question([(entry, a) for entry, a, _ in pairs])
    return {
        **_compared(asked, second),
        "groups": {
            name: [{"value": value, **_compared(part, second)} for value, part in _parts(asked, name)]
            for name in GROUPS
        },
    }  # fmt: skip


def once_a_question(answered: Iterable[Answered]) -> list[Answered]:
    """Return the first entry of each question about an image."""
    first: dict[tuple[str, str, str], Answered] = {}
    for entry, finding in answered:
        # Answers of several people are scored together as VQA accuracy; others are questions of their own.
        own = "" if finding.evidence.get("measure") == "vqa" else entry.id
        first.setdefault((entry.image_id, entry.question.strip().casefold(), own), (entry, finding))
    return list(first.values())


def _mean(asked: Sequence[Answered]) -> dict[str, Any]:
    scores = [finding.score or 0.0 for _, finding in asked]
    interval = mean_interval(scores, [entry.family for entry, _ in asked])
    return {"questions": len(asked), "score": sum(scores) / max(len(scores), 1), "interval": list(interval)}


def _compared(asked: Sequence[Answered], second: dict[str, Finding]) -> dict[str, Any]:
    a, b = [finding for _, finding in asked], [second[entry.id] for entry, _ in asked]
    scores_a, scores_b = [one.score or 0.0 for one in a], [one.score or 0.0 for one in b]
    right = [(x.verdict == "right", y.verdict == "right") for x, y in zip(a, b, strict=True)]
    found: Comparison = compare(scores_a, scores_b, right, [entry.family for entry, _ in asked])
    return {
        "questions": len(asked), "score_a": sum(scores_a) / len(asked), "score_b": sum(scores_b) / len(asked),
        "difference": found.difference, "interval": list(found.interval), "p": found.p,
        "a_better": sum(x > y for x, y in zip(scores_a, scores_b, strict=True)),
        "b_better": sum(y > x for x, y in zip(scores_a, scores_b, strict=True)),
        "only_a_right": found.only_a_right, "only_b_right": found.only_b_right, "mcnemar_p": found.mcnemar_p,
    }  # fmt: skip


def _parts(asked: Sequence[Answered], name: str) -> list[tuple[str, list[Answered]]]:
    parts: dict[str, list[Answered]] = defaultdict(list)
    for entry, finding in asked:
        parts[str(finding.evidence.get(name, "") if name == "measure" else getattr(entry, name))].append(
            (entry, finding)
        )
    return sorted(parts.items(), key=lambda part: (-len(part[1]), part[0]))[:MAX_GROUPS]
