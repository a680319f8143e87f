"""Whether several answers of models agree with each other, and with the stored answer.

One model is asked several times, or several models once each. How far their answers are spread is the doubt of the
entry.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from pydantic import Field

from core.checks.asking import reports
from core.checks.asking.answering import answer_call, answer_in
from core.checks.asking.base import NO_ANSWER, AskedEntry, AskedRun, AskingOptions, Call, Reply
from core.checks.asking.clusters import clusters, doubt
from core.checks.base import CheckedEntry, Finding
from core.checks.intervals import wilson
from core.checks.reporting.content import Section
from core.questions.text import GROUNDING

AGREES, OTHER = "agrees", "other"
"""The verdicts: whether the stored answer is among the most frequent ones of the models."""
HIGH_DOUBT = 0.5
MAX_KINDS = 20


class Options(AskingOptions):
    """What can be chosen."""

    answers: int = Field(5, ge=2, le=10)
    """How often a single model is asked; several models are asked once each."""


class ConsensusCheck:
    """See the module."""

    name = "consensus"
    label = "Whether models agree"
    options = Options

    def report(self, result: dict[str, Any]) -> Section:
        """See ``Reporting.report``."""
        return reports.consensus(result, self.label)

    def shows_images(self, run: AskedRun) -> bool:
        """See ``AskingCheck.shows_images``."""
        return True

    def fits(self, entry: CheckedEntry) -> bool:
        """See ``AskingCheck.fits``: boxes are not compared."""
        return entry.kind.strip().lower() != GROUNDING

    def series(self, run: AskedRun) -> str:
        """See ``AskingCheck.series``."""
        return ""

    def calls(self, entry: AskedEntry, run: AskedRun) -> Sequence[Call]:
        """See ``AskingCheck.calls``."""
        names = [model.litellm_model for model in run.models]
        if len(names) > 1:
            return [answer_call(entry, place, name) for place, name in enumerate(names)]
        repeats = range(run.options.answers)
        return [answer_call(entry, 0, names[0], variant=str(number) if number else "") for number in repeats]

    def finding(self, entry: AskedEntry, replies: Sequence[Reply], run: AskedRun) -> Finding:
        """See ``AskingCheck.finding``: with fewer than two answers there is nothing to compare."""
        given = [answer for reply in replies if (answer := answer_in(reply)) is not None]
        if len(given) < 2:
            problem = next((reply.problem for reply in replies if reply.problem), "")
            return Finding(entry.id, NO_ANSWER, None, {"problem": problem})
        *numbers, stored = clusters([*given, entry.answer], entry.answer_type, entry.language)
        sizes = Counter(numbers)
        evidence = {
            "answers": [[given[numbers.index(number)], size] for number, size in sizes.most_common()],
            "support": sizes[stored] / len(given),
        }
        verdict = AGREES if sizes[stored] == max(sizes.values()) else OTHER
        return Finding(entry.id, verdict, round(doubt(list(sizes.values())), 4), evidence)

    def result(self, answered: Sequence[tuple[CheckedEntry, Finding]], run: AskedRun) -> dict[str, Any]:
        """See ``AskingCheck.result``."""
        kinds: dict[str, list[Finding]] = {}
        for entry, finding in answered:
            kinds.setdefault(entry.kind, []).append(finding)
        largest = sorted(kinds.items(), key=lambda item: (-len(item[1]), item[0]))[:MAX_KINDS]
        return {
            **_numbers([finding for _, finding in answered]),
            "kinds": [{"value": kind, **_numbers(some)} for kind, some in largest],
        }


def _numbers(findings: Sequence[Finding]) -> dict[str, Any]:
    total = len(findings)
    agreed = sum(finding.verdict == AGREES for finding in findings)
    doubtful = sum((finding.score or 0.0) > HIGH_DOUBT for finding in findings)
    sure_of_another = sum(finding.verdict == OTHER and (finding.score or 0.0) <= HIGH_DOUBT for finding in findings)
    return {
        "entries": total, "agreed": agreed, "share": agreed / total, "interval": list(wilson(agreed, total)),
        "doubt": sum(finding.score or 0.0 for finding in findings) / total, "doubtful": doubtful,
        "sure_of_another": sure_of_another,
    }  # fmt: skip


CHECK = ConsensusCheck()
