"""Known biases of models that judge: long answers, the order of the lines, one score for all, own answers.

The biases are those of Zheng et al., Judging LLM-as-a-Judge (2023), and of Panickssery et al., LLM Evaluators
Recognize and Favor Their Own Generations (2024). A bias is found when it is large enough to matter and its 98.75 %
bootstrap interval excludes none: four biases are looked for, so an honest judge is accused of any in 5 % of runs
(Bonferroni).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from core.checks.judging.judged import Floats, Judged, interval, resampled_weights, weighted_mean

BIASES = ("length", "position", "one score", "own answers")
LENGTH_EXCESS = 0.2
"""Rank correlation of score and length beyond that of people from which it matters."""
POSITION_POINTS = 0.3
OWN_POINTS = 0.5
SAME_SHARE = 0.9
MIN_REVIEWED = 30
MIN_ASKED_AGAIN = 20
MIN_OF_EACH_MODEL = 10
MIN_OF_EACH_VERDICT = 5

_SHARE = 1 - 0.05 / len(BIASES)
# People do not always decide the same, which hides a part of how their verdicts depend on length: the correlation of
# a person's verdict with the quality that it is about is taken to be at least this.
_RELIABILITY = 0.8


@dataclass(frozen=True)
class Bias:
    """Whether a judge has a bias; *found* is None when there is too little to tell it from."""

    name: str
    found: bool | None
    effect: float | None
    """``length``: excess rank correlation; ``position`` and ``own answers``: points; ``one score``: share."""
    bounds: tuple[float, float] | None = None
    """Of the interval of *effect*."""
    entries: int = 0


def biases(entries: Sequence[Judged]) -> tuple[Bias, ...]:
    """Look for each bias of BIASES."""
    return of_length(entries), of_position(entries), of_one_score(entries), of_own_answers(entries)


def of_length(entries: Sequence[Judged]) -> Bias:
    """Tell whether longer answers get higher scores than people's reviews explain.

    People's verdicts are two values of what was decided by degree, so their correlation with the length is biserial
    (Pearson, 1909); divided by their reliability, it is the most that a judge without the bias can have.
    """
    reviewed = [one for one in entries if one.accepted is not None or one.rated]
    lengths = _ranks([one.answer_chars for one in reviewed])
    if len(reviewed) < MIN_REVIEWED or len(set(lengths)) < 2:
        return Bias("length", None, None, entries=len(reviewed))
    scores = _ranks([one.score for one in reviewed])
    weights = np.vstack([np.ones(len(reviewed)), resampled_weights(reviewed)])
    judge = _correlation(scores, lengths, weights)
    excess = judge - np.maximum(0.0, _of_people(reviewed, lengths, weights)) / _RELIABILITY
    effect, bounds = float(excess[0]), interval(excess[1:], _SHARE)
    found = bounds is not None and effect >= LENGTH_EXCESS and bounds[0] > 0
    return Bias("length", found, effect, bounds, len(reviewed))


def of_position(entries: Sequence[Judged]) -> Bias:
    """Tell whether a line gets another score where it stands first than where it stands last."""
    twice = [one for one in entries if one.again and len(one.scores) > 1]
    if len(twice) < MIN_ASKED_AGAIN:
        return Bias("position", None, None, entries=len(twice))
    # The first line stands last the second time, and the last one first.
    differences = np.array([
        (one.scores[0] - one.again[0] + one.again[-1] - one.scores[-1]) / 2 for one in twice
    ])  # fmt: skip
    return _of_mean("position", differences, twice, POSITION_POINTS, both_ways=True)


def of_one_score(entries: Sequence[Judged]) -> Bias:
    """Tell whether confirmed and rejected entries get one and the same score."""
    accepted = [one.score for one in entries if one.accepted is True]
    rejected = [one.score for one in entries if one.accepted is False]
    count = len(accepted) + len(rejected)
    if min(len(accepted), len(rejected)) < MIN_OF_EACH_VERDICT:
        return Bias("one score", None, None, entries=count)
    commonest = max({*accepted, *rejected}, key=lambda score: min(_share(accepted, score), _share(rejected, score)))
    share = min(_share(accepted, commonest), _share(rejected, commonest))
    return Bias("one score", share >= SAME_SHARE, share, entries=count)


def of_own_answers(entries: Sequence[Judged]) -> Bias:
    """Tell whether answers of the judge's own model get higher scores than others with the same verdict.

    If people confirm more of its answers, those with the same verdict are better too: their difference is that of
    normal distributions cut at the same point (Greene, Econometric Analysis, theorem 19.2), and allowed.
    """
    reviewed = [one for one in entries if one.accepted is not None]
    own = np.array([one.is_own for one in reviewed], dtype=bool)
    if min(own.sum(), (~own).sum()) < MIN_OF_EACH_MODEL:
        return Bias("own answers", None, None, entries=int(own.sum()))
    weights = np.vstack([np.ones(len(reviewed)), resampled_weights(reviewed)])
    scores = np.array([one.score for one in reviewed])
    accepted = np.array([float(one.accepted is True) for one in reviewed])
    effects = _within_verdicts(scores, accepted, own, weights) - _allowed(scores, accepted, own, weights)
    effect, bounds = float(effects[0]), interval(effects[1:], _SHARE)
    found = bounds is not None and effect >= OWN_POINTS and bounds[0] > 0
    return Bias("own answers", found, effect, bounds, int(own.sum()))


def _within_verdicts(scores: Floats, accepted: Floats, own: NDArray[np.bool_], weights: Floats) -> Floats:
    """Return the mean difference of the scores, verdicts weighted by n1 n2 / (n1 + n2) as by Cochran (1954)."""
    total, importance = np.zeros(len(weights)), np.zeros(len(weights))
    for verdict in (0.0, 1.0):
        first, second = weights * ((accepted == verdict) & own), weights * ((accepted == verdict) & ~own)
        counts = first.sum(axis=1), second.sum(axis=1)
        share = counts[0] * counts[1] / np.maximum(1.0, counts[0] + counts[1])
        total += share * np.nan_to_num(weighted_mean(scores, first) - weighted_mean(scores, second))
        importance += share
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(total / importance)


def _allowed(scores: Floats, accepted: Floats, own: NDArray[np.bool_], weights: Floats) -> Floats:
    """Return how many points better the own answers may be within a verdict, by the shares that people confirm."""
    better = _probit(weighted_mean(accepted, weights * own)) - _probit(weighted_mean(accepted, weights * ~own))
    spread = np.sqrt(np.maximum(0.0, weighted_mean(scores**2, weights) - weighted_mean(scores, weights) ** 2))
    share = _inner(weighted_mean(accepted, weights))
    cut = -_probit(share)
    above, below = _densities(cut) / share, -_densities(cut) / (1 - share)
    left = share * (1 - above * (above - cut)) + (1 - share) * (1 - below * (below - cut))
    return np.asarray(np.maximum(0.0, better) / _RELIABILITY * spread * left)


def _of_mean(name: str, values: Floats, entries: Sequence[Judged], matters: float, *, both_ways: bool) -> Bias:
    bounds = interval(weighted_mean(values, resampled_weights(entries)), _SHARE)
    effect = float(values.mean())
    beyond = bounds is not None and (bounds[0] > 0 or (both_ways and bounds[1] < 0))
    large = abs(effect) if both_ways else effect
    return Bias(name, beyond and large >= matters, effect, bounds, len(entries))


def _of_people(entries: Sequence[Judged], lengths: Floats, weights: Floats) -> Floats:
    """Return how people's reviews correlate with length: their verdicts or their stars, whichever more."""
    has_verdict = np.array([one.accepted is not None for one in entries], dtype=bool)
    accepted = np.array([one.accepted is True for one in entries], dtype=np.float64)
    has_stars = np.array([one.rated > 0 and one.accepted is not False for one in entries], dtype=bool)
    stars = _ranks([one.rated for one in entries])
    of_verdicts = _biserial(accepted, lengths, weights * has_verdict)
    return np.fmax(np.nan_to_num(of_verdicts), np.nan_to_num(_correlation(stars, lengths, weights * has_stars)))


def _biserial(is_one: Floats, values: Floats, weights: Floats) -> Floats:
    shares = _inner(weighted_mean(is_one, weights))
    heights = _densities(_probit(shares))
    return np.asarray(np.clip(_correlation(is_one, values, weights) * np.sqrt(shares * (1 - shares)) / heights, -1, 1))


def _inner(shares: Floats) -> Floats:
    """Return shares that are not 0 or 1, which have no finite probit."""
    return np.clip(np.nan_to_num(shares, nan=0.5), 0.02, 0.98)


def _probit(shares: Floats) -> Floats:
    return np.array([NormalDist().inv_cdf(share) for share in _inner(shares)])


def _densities(values: Floats) -> Floats:
    return np.array([NormalDist().pdf(value) for value in values])


def _correlation(first: Floats, second: Floats, weights: Floats) -> Floats:
    """Return the weighted Pearson correlation for each row of *weights*; of ranks it is Spearman's."""
    mean_1, mean_2 = weighted_mean(first, weights), weighted_mean(second, weights)
    covariance = weighted_mean(first * second, weights) - mean_1 * mean_2
    spread_1 = weighted_mean(first**2, weights) - mean_1**2
    spread_2 = weighted_mean(second**2, weights) - mean_2**2
    with np.errstate(invalid="ignore", divide="ignore"):
        found = covariance / np.sqrt(np.maximum(0, spread_1) * np.maximum(0, spread_2))
    # A judge without any spread has no correlation with anything.
    return np.nan_to_num(np.where(spread_1 * spread_2 > 1e-12, found, 0.0))


def _ranks(values: Sequence[float]) -> Floats:
    """Return ranks scaled to 0..1; equal values share the middle of their ranks."""
    _, places, counts = np.unique(np.asarray(values, dtype=np.float64), return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return np.asarray(((ends - counts + ends - 1) / 2)[places] / max(1, len(values) - 1))


def _share(scores: Sequence[float], score: float) -> float:
    return sum(one == score for one in scores) / len(scores)
