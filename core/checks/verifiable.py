"""Which answers a program can verify, so that a model can be trained on them by rewards (RLVR).

An answer is verifiable when :func:`core.verifiers.verifier_of` has a checker for it that its own answer passes. The
formats for GRPO and evaluation export the same verifiers.
"""

from collections import Counter, defaultdict
from typing import Any

from pydantic import BaseModel, ConfigDict

from core.checks.base import CheckContext, CheckedEntry, CheckResult, Finding
from core.checks.reporting.content import Fact, Section, Table, of_all, percent
from core.verifiers import CHECKERS, Verifier, verifier_of

NO = "no"
_ENTRIES_PER_PROGRESS = 2_000
MAX_KINDS = 20


class Options(BaseModel):
    """Nothing can be chosen."""

    model_config = ConfigDict(extra="forbid")


class VerifiableCheck:
    """See the module."""

    name = "verifiable"
    label = "Verifiable by a program"
    options = Options

    def run(self, context: CheckContext, options: Options) -> CheckResult:
        """See ``Check.run``."""
        findings = []
        checkers: Counter[str] = Counter()
        kinds: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        for number, entry in enumerate(context.entries):
            if number % _ENTRIES_PER_PROGRESS == 0:
                context.progress(number / len(context.entries), "Looking for verifiers")
            verifier = verifier_of(entry.answer, entry.answer_type, entry.kind, entry.language)
            findings.append(_finding(entry, verifier))
            checkers[verifier.checker if verifier else NO] += 1
            kinds[entry.kind][0] += 1
            kinds[entry.kind][1] += verifier is not None
        return CheckResult(_result(len(findings), checkers, kinds), findings)

    def report(self, result: dict[str, Any]) -> Section:
        """See ``Reporting.report``."""
        total = result["entries"]
        checkers = tuple((name, f"{count:,}", percent(count / total)) for name, count in result["checkers"].items())
        return Section(
            self.label,
            f"{round(result['share'] * 100)} of 100 answers can be marked as right or wrong by a program.",
            (Fact("Verifiable", of_all(result["verifiable"], total)),),
            (Table(("Checker", "Entries", "Share"), checkers, share_column=2),),
            how="An answer counts when a checker exists for its form and the answer passes its own checker.",
        )


def _finding(entry: CheckedEntry, verifier: Verifier | None) -> Finding:
    if verifier is None:
        return Finding(entry.id, NO)
    return Finding(entry.id, verifier.checker, None, {"arguments": verifier.arguments})


def _result(total: int, checkers: Counter[str], kinds: dict[str, list[int]]) -> dict[str, Any]:
    verifiable = total - checkers[NO]
    largest = sorted(kinds.items(), key=lambda item: (-item[1][0], item[0]))[:MAX_KINDS]
    return {
        "entries": total, "verifiable": verifiable, "share": verifiable / total if total else 0.0,
        "checkers": {name: checkers[name] for name in CHECKERS if checkers[name]},
        "kinds": [{"value": kind, "entries": count, "verifiable": right} for kind, (count, right) in largest],
    }  # fmt: skip


CHECK = VerifiableCheck()
