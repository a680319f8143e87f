"""How many answers a model knows without the image, and how many with it; the difference is the image's worth.

The same entries are asked twice, so both shares and their difference are of the same answers (a paired comparison).
"""

from collections.abc import Sequence
from typing import Any

from core.checks.answers import is_long, same_answer
from core.checks.asking import reports
from core.checks.asking.answering import answer_call, answer_in
from core.checks.asking.base import NO_ANSWER, AskedEntry, AskedRun, AskingOptions, Call, Reply
from core.checks.base import CheckedEntry, Finding
from core.checks.intervals import paired_difference, wilson
from core.checks.reporting.content import Section
from core.questions.text import GROUNDING

BOTH, SEEN, BLIND, NEITHER = "both", "seen", "blind", "neither"
"""The verdicts: whether the answer was right with the image, without it, both, or neither."""
GUESSED, NOT_GUESSED = "guessed", "not guessed"
"""The verdicts when only the question was sent."""
MAX_KINDS = 20
_KNOWN_BLIND, _KNOWN_SEEN = (BOTH, BLIND, GUESSED), (BOTH, SEEN)


class Options(AskingOptions):
    """What can be chosen."""

    with_image: bool = True
    """Ask with the image too; without it a model that sees no images will do, and nothing is told of their worth."""


class SecondOpinionCheck:
    """See the module."""

    name = "second-opinion"
    label = "A model's opinion with and without the image"
    options = Options

    def report(self, result: dict[str, Any]) -> Section:
        """See ``Reporting.report``."""
        return reports.second_opinion(result, self.label)

    def shows_images(self, run: AskedRun) -> bool:
        """See ``AskingCheck.shows_images``."""
        return bool(run.options.with_image)

    def fits(self, entry: CheckedEntry) -> bool:
        """See ``AskingCheck.fits``: long answers are never given in the same words twice, nor are boxes."""
        return not is_long(entry) and entry.kind.strip().lower() != GROUNDING

    def series(self, run: AskedRun) -> str:
        """See ``AskingCheck.series``."""
        return ""

    def calls(self, entry: AskedEntry, run: AskedRun) -> Sequence[Call]:
        """See ``AskingCheck.calls``."""
        name = run.models[0].litellm_model
        blind = answer_call(entry, 0, name, shows_images=False)
        return [blind, answer_call(entry, 0, name)] if run.options.with_image else [blind]

    def finding(self, entry: AskedEntry, replies: Sequence[Reply], run: AskedRun) -> Finding:
        """See ``AskingCheck.finding``: a model that does not want to guess has not guessed."""
        answers = [answer_in(reply) for reply in replies]
        right = [
            given is not None and same_answer(given, entry.answer, entry.answer_type, entry.language)
            for given in answers
        ]
        evidence = dict(zip(("blind", "seen"), answers, strict=False))
        if not run.options.with_image:
            return Finding(entry.id, GUESSED if right[0] else NOT_GUESSED, None, evidence)
        if answers[1] is None:
            return Finding(entry.id, NO_ANSWER, None, {"problem": replies[1].problem, **evidence})
        verdict = {(True, True): BOTH, (False, True): SEEN, (True, False): BLIND, (False, False): NEITHER}
        return Finding(entry.id, verdict[right[0], right[1]], None, evidence)

    def result(self, answered: Sequence[tuple[CheckedEntry, Finding]], run: AskedRun) -> dict[str, Any]:
        """See ``AskingCheck.result``."""
        kinds: dict[str, list[Finding]] = {}
        for entry, finding in answered:
            kinds.setdefault(entry.kind, []).append(finding)
        largest = sorted(kinds.items(), key=lambda item: (-len(item[1]), item[0]))[:MAX_KINDS]
        with_image = run.options.with_image
        findings = [finding for _, finding in answered]
        return {
            **_shares(findings, with_image=with_image),
            "silent": sum(finding.evidence.get("blind") is None for finding in findings),
            "kinds": [{"value": kind, **_shares(some, with_image=with_image)} for kind, some in largest],
        }


def _shares(findings: Sequence[Finding], *, with_image: bool) -> dict[str, Any]:
    count = dict.fromkeys((BOTH, SEEN, BLIND, NEITHER, GUESSED, NOT_GUESSED), 0)
    for finding in findings:
        count[finding.verdict] += 1
    total = len(findings)
    shares: dict[str, Any] = {"entries": total, "blind": _share(sum(count[one] for one in _KNOWN_BLIND), total)}
    if with_image:
        low, high = paired_difference(count[BOTH], count[SEEN], count[BLIND], count[NEITHER])
        worth = (count[SEEN] - count[BLIND]) / total
        shares["seen"] = _share(sum(count[one] for one in _KNOWN_SEEN), total)
        shares["worth"] = {"share": worth, "interval": [low, high]}
    return shares


def _share(right: int, total: int) -> dict[str, Any]:
    return {"right": right, "share": right / total, "interval": list(wilson(right, total))}


CHECK = SecondOpinionCheck()
