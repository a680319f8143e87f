"""Intervals of mean scores and paired tests between two models.

Entries about one image are answered alike, so images are what is drawn at random, with all their entries: an interval
or a test over single entries would be too sure.
"""

from collections import Counter
from collections.abc import Sequence
from math import comb
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.checks.intervals import paired_difference, wilson

DRAWS = 4_000
"""Of resamples and of sign changes: the error of a p-value near 0.05 is about 0.003."""
_MOST_EXACT = 11
"""With so many families all 2 ** 11 changes of signs are fewer than ``DRAWS``."""
_DRAWS_AT_A_TIME = 250

Floats = NDArray[np.float64]


class Interval(NamedTuple):
    """The 95 % interval of a mean."""

    low: float
    high: float


class Comparison(NamedTuple):
    """How the scores of a model A differ from those of a model B on the same entries."""

    difference: float
    """Mean score of A minus that of B."""
    interval: Interval
    p: float
    """The chance of so large a difference between models that answer equally well; see ``sign_flip_p``."""
    only_a_right: int
    only_b_right: int
    mcnemar_p: float
    """Of right and wrong alone, by McNemar's exact test."""


def mean_interval(scores: Sequence[float], families: Sequence[int]) -> Interval:
    """Return the 95 % interval of a mean score, by resampling families; Wilson's when all scores are equal."""
    if len(set(scores)) < 2 or len(set(families)) < 2:
        total = len(set(families))
        return Interval(*wilson(round(sum(scores) / max(len(scores), 1) * total), total))
    return Interval(*np.quantile(_resampled_means(np.asarray(scores, float), families), [0.025, 0.975]).tolist())


def compare(a: Sequence[float], b: Sequence[float], right: Sequence[tuple[bool, bool]],
            families: Sequence[int]) -> Comparison:  # fmt: skip
    """Compare the scores of two models on the same entries.

    Args:
        a: scores of model A.
        b: scores of model B, in the same order.
        right: whether A and whether B is right.
        families: entries of one number are about the same image or related ones.
    """
    differences = np.asarray(a, float) - np.asarray(b, float)
    only_a, only_b = sum(bool(x and not y) for x, y in right), sum(bool(y and not x) for x, y in right)
    if np.ptp(differences) > 0 and len(set(families)) > 1:
        interval = Interval(*np.quantile(_resampled_means(differences, families), [0.025, 0.975]).tolist())
    else:
        interval = _of_equal_differences(float(differences.mean()), right, len(set(families)))
    return Comparison(
        float(differences.mean()), interval, sign_flip_p(differences, families), only_a, only_b, mcnemar(only_a, only_b)
    )


def _of_equal_differences(difference: float, right: Sequence[tuple[bool, bool]], families: int) -> Interval:
    """Return the interval of a difference that no resampling can vary: that of the two shares of right answers.

    Entries of one family count as one observation together.
    """
    counts = Counter((bool(a), bool(b)) for a, b in right)
    both, first, second = (
        round(counts[key] * families / len(right)) for key in ((True, True), (True, False), (False, True))
    )
    low, high = paired_difference(both, first, second, max(families - both - first - second, 0))
    return Interval(min(low, difference), max(high, difference))


def mcnemar(only_a: int, only_b: int) -> float:
    """Return the two-sided p-value of McNemar's exact test: of so uneven a split of what only one has right."""
    total, fewer = only_a + only_b, min(only_a, only_b)
    return min(1.0, float(2 * sum(comb(total, count) for count in range(fewer + 1)) / 2**total))


def sign_flip_p(differences: Floats, families: Sequence[int]) -> float:
    """Return the two-sided p-value of a paired permutation test.

    If two models answer equally well, the differences of each family might as well have the other sign. The p-value is
    the share of changes of signs whose sum is at least as large: of all of them, or of ``DRAWS`` random ones, which
    count the observed one too. With right and wrong answers and one entry a family it is McNemar's exact test.
    """
    sums = _sums(differences, families)
    sums = sums[np.abs(sums) > 1e-12]
    if not len(sums):
        return 1.0
    observed = abs(sums.sum()) - 1e-9
    if len(sums) <= _MOST_EXACT:
        signs = 1 - 2 * ((np.arange(2 ** len(sums))[:, None] >> np.arange(len(sums))) & 1)
        return float((np.abs(signs @ sums) >= observed).mean())
    rng, extreme = np.random.default_rng(0), 1
    for _ in range(DRAWS // _DRAWS_AT_A_TIME):
        signs = rng.integers(0, 2, (_DRAWS_AT_A_TIME, len(sums)), dtype=np.int8) * 2 - 1
        extreme += int((np.abs(signs @ sums) >= observed).sum())
    return extreme / (DRAWS + 1)


def _resampled_means(values: Floats, families: Sequence[int]) -> Floats:
    sums, sizes = _sums(values, families), _sums(np.ones(len(values)), families)
    rng, means = np.random.default_rng(0), []
    for _ in range(DRAWS // _DRAWS_AT_A_TIME):
        drawn = rng.integers(0, len(sums), (_DRAWS_AT_A_TIME, len(sums)))
        means.append(sums[drawn].sum(1) / sizes[drawn].sum(1))
    return np.concatenate(means)


def _sums(values: Floats, families: Sequence[int]) -> Any:
    _, places = np.unique(np.asarray(families), return_inverse=True)
    return np.bincount(places, weights=values)
