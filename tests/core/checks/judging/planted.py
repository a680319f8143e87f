"""Judges with planted biases, beside the reviews of people who err too."""

from typing import Literal

import numpy as np

from core.checks.judging.judged import Judged

Kind = Literal["honest", "long answers", "short answers", "first line", "last line", "own answers", "five", "coin"]
LINES = 4


def planted(
    kind: Kind,
    seed: int,
    entries: int = 200,
    *,
    people_like_length: float = 0.0,
    own_is_better: float = 0.0,
    has_stars: bool = False,
    error: float = 0.6,
) -> list[Judged]:
    """Return entries of which people reject the worst 35 %.

    The quality is normal, with a correlation of *people_like_length* with the length; *own_is_better* is in standard
    deviations of it, *error* in points.
    """
    random = np.random.default_rng(seed)
    lengths, own = random.normal(size=entries), random.random(entries) < 0.5
    quality = random.normal(size=entries) * np.sqrt(1 - people_like_length**2) + people_like_length * lengths
    quality = quality + own * own_is_better
    opinions = quality + random.normal(size=entries) * 0.4
    worst = np.quantile(opinions, 0.35)
    stars = np.clip(np.round(2 * (3 + opinions)) / 2, 0.5, 5) if has_stars else np.zeros(entries)

    def asked(number: int, *, is_reversed: bool) -> tuple[int, ...]:
        base = 3.2 + quality[number] + random.normal() * error
        added = {
            "long answers": 0.9 * lengths[number], "short answers": -0.9 * lengths[number],
            "own answers": 1.2 * own[number],
        }.get(kind, 0.0)  # fmt: skip
        scores = np.full(LINES, base + added) + random.normal(size=LINES) * 0.4
        if kind in ("first line", "last line"):
            scores[0 if (kind == "first line") != is_reversed else -1] += 0.8
        if kind == "coin":
            scores = 3.2 + random.normal(size=LINES)
        if kind == "five":
            scores = np.full(LINES, 5.0)
        return tuple(int(score) for score in np.clip(np.round(scores), 1, 5))

    return [
        Judged(
            family=number // 2, answer_chars=int(5 * np.exp(3 + lengths[number])), is_own=bool(own[number]),
            scores=asked(number, is_reversed=False), again=asked(number, is_reversed=True) if number < 30 else (),
            accepted=bool(opinions[number] > worst), rated=float(stars[number]),
        )
        for number in range(entries)
    ]  # fmt: skip
