"""How many answers can be guessed from the question alone, without the image.

Each answer is guessed by what the questions about other images teach, so a dataset with a language prior ("Is there
a ...?" is nearly always yes) is guessed well, and a model trained on it learns the prior instead of looking.
Test-set stress-test by k-fold: Brown et al., Benchmark Designers Should "Train on the Test Set" (2025).
"""

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict

from core.checks.answers import answer_key
from core.checks.base import CheckContext, CheckedEntry, CheckResult, Finding
from core.checks.guess.report import Guessed, report
from core.checks.reporting.content import Fact, Section, Table, of_all, percent
from core.errors import InvalidInputError

MIN_ENTRIES = 20
"""Below this the share says nothing: its interval is wider than half of the scale."""
GUESSED, NOT_GUESSED = "guessed", "not guessed"


class Options(BaseModel):
    """Nothing can be chosen."""

    model_config = ConfigDict(extra="forbid")


class GuessableCheck:
    """See the module."""

    name = "guessable"
    label = "Guessable without the image"
    options = Options

    def run(self, context: CheckContext, options: Options) -> CheckResult:
        """See ``Check.run``."""
        guessed = guess(context.entries, context)
        return CheckResult(report(guessed), [finding(one) for one in guessed])

    def report(self, result: dict[str, Any]) -> Section:
        """See ``Reporting.report``."""
        low, high = result["interval"]
        facts = (
            Fact("Guessed from the question alone", of_all(result["guessed"], result["entries"]),
                 f"Between {percent(low)} and {percent(high)} (Wilson)."),
            Fact("By always giving the most frequent answer", percent(result["majority"]["share"]),
                 f"It is {result['majority']['answer'] or 'empty'}."),
            Fact("Answers of more than 8 words", f"{result['long_answers']:,}",
                 "Hardly ever equal word for word, so for them the number says little."),
        )  # fmt: skip
        patterns = tuple(
            (one["text"], one["answer"], f"{one['entries']:,}", percent(one["share"])) for one in result["patterns"]
        )
        kinds = tuple(
            (one["value"] or "not given", f"{one['entries']:,}", percent(one["share"]),
             percent(one["majority"]["share"]))
            for one in result["groups"]["kind"]
        )  # fmt: skip
        return Section(
            self.label,
            f"{round(result['share'] * 100)} of 100 answers can be guessed from the question, without the image.",
            facts,
            (
                Table(("Kind", "Entries", "Guessed", "Most frequent answer"), kinds, share_column=2),
                Table(("Question", "Answer", "Entries", "Share"), patterns, "What gives answers away.", share_column=3),
            ),
            how="Images are dealt into five parts; the questions about four of them teach a guesser (frequencies of "
            "beginnings and ends of questions, and a linear classifier on words) that guesses the fifth. Related "
            "images are in one part. A lower bound of what can be learned without looking.",
        )


def guess(entries: Sequence[CheckedEntry], context: CheckContext) -> list[Guessed]:
    """Return what is guessed for each entry.

    Raises:
        InvalidInputError: there are fewer than ``MIN_ENTRIES`` entries.
    """
    from core.checks.guess.model import guess_answers  # it imports numpy

    if len(entries) < MIN_ENTRIES:
        raise InvalidInputError(
            f"At least {MIN_ENTRIES} entries are needed to tell how many answers can be guessed; there are "
            f"{len(entries)}."
        )
    answers = [answer_key(entry.answer, entry.answer_type, entry.language) for entry in entries]
    guesses = guess_answers(
        [entry.question for entry in entries], answers, [entry.family for entry in entries],
        progress=lambda share: context.progress(share, "Guessing answers"),
    )  # fmt: skip
    return [Guessed(*one) for one in zip(entries, answers, guesses.guess, guesses.chance, strict=True)]


def finding(one: Guessed) -> Finding:
    """Return the finding of an entry: its score is the chance that its answer is guessed, 0 to 1."""
    verdict = GUESSED if one.is_right else NOT_GUESSED
    return Finding(one.entry.id, verdict, round(one.chance, 4), {"guess": one.guess})


CHECK = GuessableCheck()
