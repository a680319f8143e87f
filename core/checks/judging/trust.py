"""Whether the scores of a judge may be trusted, in one sentence."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from core.checks.judging.agreement import Agreement, agreement
from core.checks.judging.biases import MIN_REVIEWED, Bias, biases
from core.checks.judging.judged import Judged
from core.pluralize import pluralize

MIN_SMALLER_SIDE = 5
MIN_SHARE = 0.7
"""Acceptable discrimination by Hosmer and Lemeshow, Applied Logistic Regression (2000), section 5.2.4."""
COIN = 0.5

Answer = Literal["yes", "no", "not yet"]


@dataclass(frozen=True)
class Trust:
    """Whether the scores may filter entries, why, and what this is read from."""

    answer: Answer
    sentence: str
    agreement: Agreement
    biases: tuple[Bias, ...]


def trust(entries: Sequence[Judged]) -> Trust:
    """Compare a judge with people's reviews.

    It is trusted when its agreement is at least ``MIN_SHARE``, surely above that of a coin, and no bias is found.
    """
    agreed, found = agreement(entries), biases(entries)
    answer, sentence = _answer(agreed, found)
    return Trust(answer, sentence, agreed, found)


def _answer(agreed: Agreement, found: Sequence[Bias]) -> tuple[Answer, str]:
    if agreed.reviewed < MIN_REVIEWED and (agreed.reviewed or not agreed.verdicts):
        return "not yet", f"{pluralize(agreed.reviewed, 'reviewed entry')}, needs {MIN_REVIEWED}"
    if agreed.smaller_side < MIN_SMALLER_SIDE or agreed.share is None:
        worse = "was rejected or rated lower than others" if agreed.smaller_side == 1 else (
            "were rejected or rated lower than others"
        )  # fmt: skip
        return "not yet", f"{agreed.smaller_side} of the reviewed entries {worse}, needs {MIN_SMALLER_SIDE}"
    agrees = f"agrees with you in {round(agreed.share * 100)} of 100, a coin does in 50"
    named = [sentence_of(bias) for bias in found if bias.found]
    if agreed.share < MIN_SHARE or agreed.low is None or agreed.low <= COIN:
        return "no", "; ".join([agrees, *named])
    return ("no", "; ".join([*named, agrees])) if named else ("yes", agrees)


def sentence_of(bias: Bias) -> str:
    """Return what a bias that was found does, as a part of a sentence."""
    effect = bias.effect or 0.0
    if bias.name == "length":
        return "it gives long answers more than people do"
    if bias.name == "position":
        place = "first" if effect > 0 else "last"
        return f"it gives the line that stands {place} {abs(effect):.1f} points more"
    if bias.name == "one score":
        return f"it gives {round(effect * 100)} of 100 confirmed and rejected entries the same score"
    return f"it gives answers of its own model {effect:.1f} points more"
