"""Which entries to leave out so that fewer answers can be guessed: iterative bias pruning.

In each round the entries whose answer is guessed with the highest chance are left out, and the rest is guessed again:
what gave an answer away may have left with them.
"""

import random
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from core.checks.base import CheckContext, CheckResult, Finding
from core.checks.guess.report import Guessed, report
from core.checks.guessable import MIN_ENTRIES, guess
from core.checks.reporting.content import Fact, Section, of_all
from core.pluralize import pluralize

LEAVE_OUT = "leave out"
_MAX_ROUNDS = 12
# Of the entries that have to go by the last guess, so that the guess is renewed before the others follow.
_SHARE_A_ROUND = 0.34


class Options(BaseModel):
    """What is aimed at."""

    model_config = ConfigDict(extra="forbid")

    target: float = Field(0.5, ge=0.05, le=0.95, description="the share of answers that may be guessed, 0 to 1")
    keep_confirmed: bool = Field(False, description="entries that a person confirmed are never left out")


class BalanceCheck:
    """See the module."""

    name = "balance"
    label = "Prune guessable entries"
    options = Options

    def run(self, context: CheckContext, options: Options) -> CheckResult:
        """See ``Check.run``."""
        kept = list(context.entries)
        left_out: list[Guessed] = []
        before = guessed = guess(kept, _part(context, 0))
        for number in range(1, _MAX_ROUNDS + 1):
            leaving = _leaving(guessed, options)
            if not leaving or len(kept) - len(leaving) < MIN_ENTRIES:
                break
            left_out += leaving
            gone = {one.entry.id for one in leaving}
            kept = [entry for entry in kept if entry.id not in gone]
            guessed = guess(kept, _part(context, number))
        after = report(guessed)
        result = {
            "target": options.target, "left_out": len(left_out), "before": report(before), "after": after,
            "reached": after["share"] <= options.target,
        }  # fmt: skip
        return CheckResult(result, [_finding(one) for one in left_out])

    def report(self, result: dict[str, Any]) -> Section:
        """See ``Reporting.report``."""
        before, after = result["before"], result["after"]
        aim = round(result["target"] * 100)
        sentence = f"Nothing has to be left out for at most {aim} of 100 answers that can be guessed."
        if result["left_out"] or not result["reached"]:
            sentence = (
                f"Without {pluralize(result['left_out'], 'entry')}, {round(after['share'] * 100)} of 100 answers could "
                f"be guessed instead of {round(before['share'] * 100)}."
            )
        facts = (
            Fact("Proposed to leave out", of_all(result["left_out"], before["entries"])),
            Fact("Can be guessed before", of_all(before["guessed"], before["entries"])),
            Fact(
                "Can be guessed after",
                of_all(after["guessed"], after["entries"]),
                f"Aim: at most {aim} of 100. "
                f"{'Reached.' if result['reached'] else 'Not reached: too few entries would stay.'}",
            ),
        )
        return Section(
            self.label,
            sentence,
            facts,
            how="A proposal: entries that are guessed with the highest chance leave in rounds, and the rest is guessed "
            "again after each. Only entries with the tag pruned, left out of the export, are really gone.",
        )


def _leaving(guessed: Sequence[Guessed], options: Options) -> list[Guessed]:
    """Return the entries that leave in this round, those with the highest chance first, equal ones by seed."""
    right = [one for one in guessed if one.is_right]
    if len(right) <= options.target * len(guessed):
        return []
    # Leaving out x guessed entries gives (right - x) / (all - x); so many make it the target.
    needed = (len(right) - options.target * len(guessed)) / (1 - options.target)
    free = [one for one in right if not (options.keep_confirmed and one.entry.is_confirmed)]
    random.Random(0).shuffle(free)
    free.sort(key=lambda one: -one.chance)
    return free[: max(1, round(needed * _SHARE_A_ROUND))]


def _finding(one: Guessed) -> Finding:
    return Finding(one.entry.id, LEAVE_OUT, round(one.chance, 4), {"guess": one.guess})


def _part(context: CheckContext, number: int) -> CheckContext:
    def progress(share: float, step: str) -> None:
        context.progress((number + share) / (_MAX_ROUNDS + 1), f"{step}, round {number + 1}")

    return CheckContext(context.entries, progress)


CHECK = BalanceCheck()
