"""Entries as a judge scored them, beside what people said about them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
RESAMPLES = 1_000
"""The 99 % interval is then between the 6th and the 995th of them."""


@dataclass(frozen=True)
class Judged:
    """An entry with the scores of the judge for each line of the rubric, 1 to 5, and the review of a person."""

    family: int
    """Entries of one number are about related images, so they are drawn together."""
    answer_chars: int
    is_own: bool
    """Whether the judge's own model answered."""
    scores: tuple[int, ...]
    again: tuple[int, ...] = ()
    """The scores for the same lines, asked in reversed order; empty when it was asked once."""
    accepted: bool | None = None
    """Whether a person confirmed or rejected it; None for neither."""
    rated: float = 0.0
    """What a person gave it, 0.5 to 5; 0 without."""

    @property
    def score(self) -> float:
        """The mean of the lines, 1 to 5."""
        return sum(self.scores) / len(self.scores)


def people_prefer(entries: Sequence[Judged]) -> NDArray[np.bool_]:
    """Return a matrix that is true where people put the entry of the row above that of the column.

    A confirmed entry is above a rejected one; of two entries that are not rejected, the one with more stars.
    """
    accepted = np.array([one.accepted is True for one in entries], dtype=bool)
    rejected = np.array([one.accepted is False for one in entries], dtype=bool)
    rated = np.array([one.rated for one in entries])
    both_rated = np.outer(~rejected & (rated > 0), ~rejected & (rated > 0))
    return np.outer(accepted, rejected) | (both_rated & (rated[:, None] > rated[None, :]))


def resampled_weights(entries: Sequence[Judged], seed: int = 0) -> Floats:
    """Return how often each entry is in each bootstrap sample; families are drawn, with replacement.

    Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapter 8: what is drawn has to be independent.
    """
    families = {family: number for number, family in enumerate(dict.fromkeys(one.family for one in entries))}
    chances = np.full(len(families), 1 / max(1, len(families)))
    counts = np.random.default_rng(seed).multinomial(len(families), chances, size=RESAMPLES)
    return counts[:, [families[one.family] for one in entries]].astype(np.float64)


def interval(values: Any, share: float = 0.95) -> tuple[float, float] | None:
    """Return the percentile interval of bootstrap values; None when most of them are undefined."""
    defined = np.asarray(values)[np.isfinite(values)]
    if len(defined) < RESAMPLES / 2:
        return None
    low, high = np.quantile(defined, [(1 - share) / 2, (1 + share) / 2])
    return float(low), float(high)


def weighted_mean(values: Floats, weights: Floats) -> Floats:
    """Return the mean of *values* for each row of *weights*; NaN where nothing has a weight."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((weights @ values) / weights.sum(axis=1))
