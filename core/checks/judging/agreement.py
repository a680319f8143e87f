"""How far a judge agrees with people."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.checks.judging.judged import Floats, Judged, interval, people_prefer, resampled_weights

ACCEPTED_FROM = 3.0
"""A mean score from which the judge's verdict counts as accepting."""


@dataclass(frozen=True)
class Agreement:
    """How far the scores of a judge agree with people's reviews.

    *share* is Harrell's concordance index: of all pairs of entries that people rank, the share that the judge ranks
    the same, pairs with equal scores counting half (Harrell et al., JAMA 247, 1982). For confirmed and rejected
    entries it is the area under the ROC curve. A coin reaches 0.5, whatever share of entries is good.
    """

    reviewed: int
    """Entries that are in at least one of the pairs."""
    smaller_side: int
    """Entries that people put above others, or below others, whichever are fewer."""
    share: float | None
    low: float | None
    """Of the 95 % bootstrap interval of *share*."""
    high: float | None
    verdicts: int
    """Entries that a person confirmed or rejected."""
    same_verdicts: int
    """Those of them that the judge gives a mean of at least ``ACCEPTED_FROM`` or less, as the person did."""
    alpha: float | None
    """Krippendorff's for these verdicts, as among reviewers."""
    by_line: tuple[float | None, ...]
    """*share* of each line of the rubric alone."""


def agreement(entries: Sequence[Judged]) -> Agreement:
    """Compare the scores with the reviews."""
    prefer = people_prefer(entries).astype(np.float64)
    scores = np.array([one.score for one in entries])
    share, bounds = None, None
    if prefer.any():
        weights = resampled_weights(entries)
        share = _concordance(prefer, scores, np.ones((1, len(scores))))[0]
        bounds = interval(_concordance(prefer, scores, weights))
    low, high = bounds or (None, None)
    verdicts = [(one.accepted, one.score >= ACCEPTED_FROM) for one in entries if one.accepted is not None]
    return Agreement(
        reviewed=int((prefer.any(axis=0) | prefer.any(axis=1)).sum()),
        smaller_side=int(min(prefer.any(axis=0).sum(), prefer.any(axis=1).sum())),
        share=None if share is None else float(share), low=low, high=high, verdicts=len(verdicts),
        same_verdicts=sum(person == judge for person, judge in verdicts), alpha=_alpha(verdicts),
        by_line=_by_line(entries, prefer),
    )  # fmt: skip


def _concordance(prefer: Floats, scores: Floats, weights: Floats) -> Floats:
    same = (np.sign(scores[:, None] - scores[None, :]) + 1) / 2
    with np.errstate(invalid="ignore", divide="ignore"):
        ranked_same = ((weights @ (prefer * same)) * weights).sum(axis=1)
        return np.asarray(ranked_same / ((weights @ prefer) * weights).sum(axis=1))


def _by_line(entries: Sequence[Judged], prefer: Floats) -> tuple[float | None, ...]:
    if not entries:
        return ()
    lines = np.array([one.scores for one in entries], dtype=np.float64).T
    if not prefer.any():
        return tuple(None for _ in lines)
    once = np.ones((1, len(entries)))
    return tuple(float(_concordance(prefer, line, once)[0]) for line in lines)


def _alpha(verdicts: Sequence[tuple[Any, Any]]) -> float | None:
    if len({verdict for pair in verdicts for verdict in pair}) < 2:
        return None  # undefined: the expected disagreement is zero
    import krippendorff

    rows = [[int(verdict) for verdict in who] for who in zip(*verdicts, strict=True)]
    return float(krippendorff.alpha(reliability_data=rows, level_of_measurement="nominal"))
