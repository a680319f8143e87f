"""How a model answers the entries, compared with their stored answers: one run for each model.

Runs of several models stand side by side, see :mod:`core.checks.arena.comparing`.
"""

from collections.abc import Sequence
from typing import Any

from pydantic import Field

from core.checks.arena import requests
from core.checks.arena.contestants import contestant
from core.checks.arena.numbers import numbers
from core.checks.arena.scoring import Truth, measure_of, score
from core.checks.asking import reports
from core.checks.asking.base import NO_ANSWER, AskedEntry, AskedRun, AskingOptions, Call, Reply
from core.checks.base import CheckedEntry, Finding
from core.checks.reporting.content import Section
from core.errors import InvalidInputError

RIGHT, WRONG = "right", "wrong"
_MOST_CHARS = 500


class Options(AskingOptions):
    """What can be chosen."""

    instruction: str = Field("", max_length=1_000)
    """What is said behind each question; empty for a sentence that fits the type of answer."""


class ArenaCheck:
    """See the module."""

    name = "arena"
    label = "How models answer"
    options = Options

    def report(self, result: dict[str, Any]) -> Section:
        """See ``Reporting.report``."""
        return reports.arena(result, self.label)

    def shows_images(self, run: AskedRun) -> bool:
        """See ``AskingCheck.shows_images``."""
        return True

    def fits(self, entry: CheckedEntry) -> bool:
        """See ``AskingCheck.fits``."""
        return measure_of(Truth(entry.answer, entry.answer_type, entry.kind, language=entry.language)) is not None

    def series(self, run: AskedRun) -> str:
        """See ``AskingCheck.series``."""
        if len(run.models) > 1:
            raise InvalidInputError("The arena asks one model in a run. Start a run for each model.", field="models")
        return contestant(run.models[0])

    def calls(self, entry: AskedEntry, run: AskedRun) -> Sequence[Call]:
        """See ``AskingCheck.calls``."""
        return [requests.call(entry, run.models[0], run.options.instruction)]

    def finding(self, entry: AskedEntry, replies: Sequence[Reply], run: AskedRun) -> Finding:
        """See ``AskingCheck.finding``."""
        given = requests.answer_in(replies[0])
        truth = Truth(entry.answer, entry.answer_type, entry.kind, entry.people, entry.language)
        found = score(truth, given)
        if found is None:  # it was edited since it was drawn
            return Finding(
                entry.id, NO_ANSWER, None, {"problem": "Its answer was edited and is too long to be scored."}
            )
        evidence = {"answer": given[:_MOST_CHARS], "measure": found.measure}
        return Finding(entry.id, RIGHT if found.is_right else WRONG, round(found.value, 4), evidence)

    def result(self, answered: Sequence[tuple[CheckedEntry, Finding]], run: AskedRun) -> dict[str, Any]:
        """See ``AskingCheck.result``."""
        return {"model": contestant(run.models[0]), **numbers(answered, run.models[0].litellm_model)}


CHECK = ArenaCheck()
