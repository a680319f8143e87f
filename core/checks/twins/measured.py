"""How many answers can be guessed without the twins and with them, and how many questions have one."""

from typing import Any

from pydantic import BaseModel, ConfigDict

from core.checks.base import CheckContext, CheckResult, Finding
from core.checks.guess.report import report
from core.checks.guessable import guess
from core.checks.reporting.content import Fact, Section, of_all

HAS_TWIN = "twin"


class Options(BaseModel):
    """Nothing can be chosen."""

    model_config = ConfigDict(extra="forbid")


class TwinsCheck:
    """See the module."""

    name = "twins"
    label = "Twins"
    options = Options

    def run(self, context: CheckContext, options: Options) -> CheckResult:
        """See ``Check.run``."""
        originals = [entry for entry in context.entries if not entry.twin_of]
        before = report(guess(originals, _half(context, 0)))
        after = report(guess(context.entries, _half(context, 1))) if len(originals) < len(context.entries) else before
        known = {entry.id for entry in context.entries}
        pairs = [(entry.id, entry.twin_of) for entry in context.entries if entry.twin_of in known]
        with_twin = {original for _, original in pairs}
        result = {
            "entries": len(context.entries), "questions": len(originals), "with_twin": len(with_twin),
            "share_with_twin": len(with_twin) / len(originals), "twins": len(context.entries) - len(originals),
            "before": before, "after": after,
        }  # fmt: skip
        other = dict(pairs) | {original: twin for twin, original in pairs}
        return CheckResult(result, [Finding(id_, HAS_TWIN, None, {"twin": twin}) for id_, twin in other.items()])

    def report(self, result: dict[str, Any]) -> Section:
        """See ``Reporting.report``."""
        before, after = result["before"], result["after"]
        return Section(
            self.label,
            f"{round(after['share'] * 100)} of 100 answers can be guessed with the twins, "
            f"{round(before['share'] * 100)} without them.",
            (
                Fact("Questions with a twin", of_all(result["with_twin"], result["questions"])),
                Fact("Twins", f"{result['twins']:,}"),
                Fact("Guessed without the twins", of_all(before["guessed"], before["entries"])),
                Fact("Guessed with them", of_all(after["guessed"], after["entries"])),
            ),
            how="A twin asks the same about a similar image where the answer is another one.",
        )


def _half(context: CheckContext, number: int) -> CheckContext:
    return CheckContext(
        context.entries, lambda share, step: context.progress((number + share) / 2, f"{step}, {number + 1} of 2")
    )


CHECK = TwinsCheck()
