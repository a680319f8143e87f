"""What tools say of the answers: objects that were found, text that was read, pixels that were measured, JSON schemas.

An answer is contradicted when one tool speaks against it, supported when all that can test it speak for it. What a tool
says counts from two thresholds on, see :mod:`core.checks.tool_opinions.thresholds`.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict

from core.checks.base import CheckContext, CheckResult, Finding
from core.checks.reporting.content import Fact, Section, Table, of_all
from core.checks.tool_opinions.opinions import Opinion
from core.checks.tool_opinions.tester import EntryTester, TestedEntry
from core.checks.tool_opinions.thresholds import DEFAULTS, Example, Tuned, tuned
from core.llm import SEE_MODEL

SUPPORTS, CONTRADICTS, UNSURE = "supports", "contradicts", "unsure"
MAX_PARTS = 8
"""More boxes cannot be told apart at the desk."""
OWN = "Tools that agree with themselves prove nothing."
SAME_TOOLS = "offline/see answered it, which uses the same tools."


class Options(BaseModel):
    """Nothing can be chosen."""

    model_config = ConfigDict(extra="forbid")


class ToolsCheck:
    """See the module."""

    name = "tools"
    label = "Opinions of tools"
    options = Options

    def run(self, context: CheckContext, options: Options) -> CheckResult:
        """See ``Check.run``."""
        assert context.db is not None  # noqa: S101 - only tests of other checks leave it out
        tested = list(EntryTester(context, context.db).run())
        examples: dict[str, list[Example]] = defaultdict(list)
        for tool, example in (pair for one in tested for pair in one.examples):
            examples[tool].append(example)
        limits = {tool: tuned(tool, examples[tool]) for tool in DEFAULTS}
        findings = [_finding(one, limits) for one in tested]
        return CheckResult(_result(tested, findings, limits), findings)

    def report(self, result: dict[str, Any]) -> Section:
        """See ``Reporting.report``."""
        total = result["entries"]
        rows = tuple(
            (str(one["tool"]), *(f"{one[verdict]:,}" for verdict in (SUPPORTS, CONTRADICTS, UNSURE)))
            for one in result["tools"]
        )
        return Section(
            self.label,
            f"Tools that looked at the image speak against {result[CONTRADICTS]:,} of {total:,} answers.",
            (
                Fact("A tool can test the answer", of_all(result["tested"], total)),
                *_of_same_tools(result),
                Fact("All tools that can test it support it", of_all(result[SUPPORTS], total)),
                Fact("A tool contradicts it", of_all(result[CONTRADICTS], total), "A reason to look, no proof."),
            ),
            (Table(("Tool", "Supports", "Contradicts", "Not sure"), rows),) if rows else (),
            how="Presence, counts, places, colors, text and JSON are compared with what analyzers found in the image.",
        )


def _of_same_tools(result: dict[str, Any]) -> tuple[Fact, ...]:
    own = result.get("same_tools")  # missing in results of earlier versions
    return (Fact("Given by offline/see with these tools", of_all(own, result["entries"]), OWN),) if own else ()


def _finding(one: TestedEntry, limits: Mapping[str, Tuned]) -> Finding:
    if not one.opinions:
        return Finding(one.entry.id, UNSURE, None, {"says": one.reason})
    against = [given for given in one.opinions if given.agreement <= limits[given.tool].thresholds.contradict]
    if against:
        return _of(one, CONTRADICTS, min(against, key=lambda given: given.agreement))
    weakest = min(one.opinions, key=lambda given: given.agreement)
    if any(given.agreement < limits[given.tool].thresholds.support for given in one.opinions):
        return _of(one, UNSURE, weakest)
    if one.entry.model == SEE_MODEL:
        return Finding(one.entry.id, UNSURE, None, {"tool": weakest.tool, "says": SAME_TOOLS})
    return _of(one, SUPPORTS, weakest)


def _of(one: TestedEntry, verdict: str, given: Opinion) -> Finding:
    parts = [
        {"label": part["label"], "xyxy": [round(side, 1) for side in part["xyxy"]], "score": round(part["score"], 3),
         "tool": part["tool"]} for part in given.parts[:MAX_PARTS]
    ]  # fmt: skip
    evidence = {"tool": given.tool, "says": given.says, "parts": parts}
    return Finding(one.entry.id, verdict, round(given.agreement, 4), evidence)


def _result(tested: Sequence[TestedEntry], findings: Sequence[Finding], limits: Mapping[str, Tuned]) -> dict[str, Any]:
    verdicts = Counter(finding.verdict for finding in findings)
    by_tool: dict[str, Counter[str]] = defaultdict(Counter)
    for finding in findings:
        if tool := finding.evidence.get("tool"):
            by_tool[tool][finding.verdict] += 1
    reasons = Counter(one.reason for one in tested if one.reason)
    return {
        "entries": len(findings), **{verdict: verdicts[verdict] for verdict in (SUPPORTS, CONTRADICTS, UNSURE)},
        "tested": sum(bool(one.opinions) for one in tested),
        "same_tools": sum(finding.evidence.get("says") == SAME_TOOLS for finding in findings),
        "tools": [
            {"tool": tool, **{verdict: by_tool[tool][verdict] for verdict in (SUPPORTS, CONTRADICTS, UNSURE)},
             **limits[tool].as_json()} for tool in limits if by_tool[tool] or limits[tool].right
        ],
        "reasons": [{"reason": reason, "entries": count} for reason, count in reasons.most_common()],
    }  # fmt: skip


CHECK = ToolsCheck()
