"""A judge: a model scores entries along a rubric, and its scores are compared with people's reviews.

Beside the sample, reviewed entries are asked about, rejected ones too, and some of all entries a second time with the
lines in reversed order: without them nobody knows whether the scores may be trusted.
"""

import random
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from pydantic import Field

from core.checks.asking import reports
from core.checks.asking.base import NO_ANSWER, AskedEntry, AskedRun, AskingOptions, Call, Reply
from core.checks.base import CheckedEntry, Finding
from core.checks.judging import scoring
from core.checks.judging.judged import Judged
from core.checks.judging.rubric import DEFAULT, Line, Rubric
from core.checks.judging.trust import Trust, sentence_of, trust
from core.checks.reporting.content import Section

ASKED_AGAIN = 50
"""About how many entries are asked about a second time, with the lines in reversed order."""
_DRAWS = 10_000


class RatingOptions(AskingOptions):
    """What can be chosen for a run with a fixed rubric."""

    compare: int = Field(100, ge=0, le=1_000)
    """How many reviewed entries are asked about to compare the judge with people: half of them rejected ones, if
    there are as many."""


class JudgeOptions(RatingOptions):
    """What can be chosen for a run."""

    rubric: Rubric = DEFAULT


class Judge:
    """See the module; *lines* is a fixed rubric, empty for one of the user's own."""

    def __init__(self, name: str, label: str, lines: Sequence[Line] = ()) -> None:
        self.name, self.label = name, label
        self.options: type[AskingOptions] = RatingOptions if lines else JudgeOptions
        self._lines = lines

    def report(self, result: dict[str, Any]) -> Section:
        """See ``Reporting.report``."""
        return reports.judge(result, self.label)

    def shows_images(self, run: AskedRun) -> bool:
        """See ``AskingCheck.shows_images``."""
        return True

    def fits(self, entry: CheckedEntry) -> bool:
        """See ``AskingCheck.fits``."""
        return True

    def series(self, run: AskedRun) -> str:
        """See ``AskingCheck.series``."""
        return ""

    def reviewed(self, entries: Sequence[CheckedEntry], run: AskedRun) -> list[CheckedEntry]:
        """See ``ComparingCheck.reviewed``."""
        draws = random.Random(run.options.seed)
        rejected = [entry for entry in entries if entry.verdict is False]
        others = [entry for entry in entries if entry.verdict is True or (entry.stars and entry.verdict is None)]
        count = run.options.compare
        some = min(len(rejected), max(count // 2, count - len(others)))
        return [*draws.sample(rejected, some), *draws.sample(others, min(len(others), count - some))]

    def calls(self, entry: AskedEntry, run: AskedRun) -> Sequence[Call]:
        """See ``AskingCheck.calls``."""
        lines = self._rubric(run)
        tokens = scoring.TOKENS_PER_LINE * len(lines)
        requests = [scoring.request(entry, entry.images[0], lines)]
        if _is_asked_again(entry, run):
            requests.append(scoring.request(entry, entry.images[0], lines, is_reversed=True))
        return [Call(request, reply_tokens=tokens) for request in requests]

    def finding(self, entry: AskedEntry, replies: Sequence[Reply], run: AskedRun) -> Finding:
        """See ``AskingCheck.finding``."""
        count = len(self._rubric(run))
        found = [scoring.scores_of(reply.parsed, count, is_reversed=place > 0) for place, reply in enumerate(replies)]
        first, again = found[0], found[1] if len(found) > 1 else None
        scores = first or again
        if scores is None:
            return Finding(entry.id, NO_ANSWER, None, {"problem": "A line has no score from 1 to 5, or has two."})
        evidence: dict[str, Any] = {
            "scores": [one.score for one in scores],
            "reasons": [one.reason[: scoring.MAX_REASON_CHARS] for one in scores],
        }
        if first and again:
            evidence["again"] = [one.score for one in again]
        if self._lines:
            evidence["ratings"] = {
                line.name: one.score for line, one in zip(self._lines, scores, strict=True)
            }  # fmt: skip
        return Finding(entry.id, "scored", sum(evidence["scores"]) / count, evidence)

    def result(self, answered: Sequence[tuple[CheckedEntry, Finding]], run: AskedRun) -> dict[str, Any]:
        """See ``AskingCheck.result``."""
        lines, model = self._rubric(run), run.models[0].litellm_model
        judged = [_judged(entry, finding, model) for entry, finding in answered]
        kept = [one for one, (entry, _) in zip(judged, answered, strict=True) if not entry.is_rejected] or judged
        found = trust(judged)
        by_line = found.agreement.by_line or [None] * len(lines)
        return {
            "entries": len(kept), "mean": sum(one.score for one in kept) / len(kept),
            "scores": _histogram(kept),
            "lines": [
                {
                    "text": line.text, "name": line.name, "agreement": share,
                    "mean": sum(one.scores[place] for one in kept) / len(kept),
                }
                for place, (line, share) in enumerate(zip(lines, by_line, strict=True))
            ],
            "asked_again": sum(bool(one.again) for one in judged), "trust": as_json(found),
        }  # fmt: skip

    def _rubric(self, run: AskedRun) -> Sequence[Line]:
        return self._lines or [Line(text) for text in run.options.rubric]


def as_json(found: Trust) -> dict[str, Any]:
    """Return the trust in a judge as it is stored with its run."""
    agreed = asdict(found.agreement)
    agreed.pop("by_line")
    return {
        "answer": found.answer, "sentence": found.sentence, "agreement": agreed,
        "biases": [asdict(bias) | {"sentence": sentence_of(bias) if bias.found else ""} for bias in found.biases],
    }  # fmt: skip


def _judged(entry: CheckedEntry, finding: Finding, model: str) -> Judged:
    return Judged(
        family=entry.family, answer_chars=len(entry.answer), is_own=_bare(entry.model) == _bare(model),
        scores=tuple(finding.evidence["scores"]), again=tuple(finding.evidence.get("again", ())),
        accepted=entry.verdict, rated=entry.stars,
    )  # fmt: skip


def _bare(model: str) -> str:
    """Return the name of a model without its providers: the same one is offered by several."""
    return model.rsplit("/", 1)[-1].lower()


def _is_asked_again(entry: AskedEntry, run: AskedRun) -> bool:
    """Return whether an entry is among those asked about twice: the same ones whenever an item is repeated."""
    options = run.options
    wanted = 1.0 if options.sample == "all" else ASKED_AGAIN / (options.sample + options.compare)
    share = max(wanted, 0.05) if options.sample != "all" else 0.05
    return zlib.crc32(f"{options.seed} {entry.id}".encode()) % _DRAWS < share * _DRAWS


def _histogram(judged: Sequence[Judged]) -> dict[str, int]:
    counts = Counter(int(one.score + 0.5) for one in judged)
    return {str(score): counts[score] for score in range(scoring.MIN_SCORE, scoring.MAX_SCORE + 1)}


CHECK = Judge("judge", "A judge with a rubric")
