"""Intervals and paired tests, against worked examples and by simulation with a known effect."""

import numpy as np
import pytest

from core.checks.arena.statistics import Comparison, compare, mcnemar, mean_interval, sign_flip_p
from core.checks.intervals import wilson


@pytest.mark.parametrize(
    ("only_a", "only_b", "p"),
    [(0, 0, 1.0), (5, 0, 0.0625), (6, 0, 0.03125), (1, 9, 22 / 1024), (4, 4, 1.0), (3_000, 3_000, 1.0)],
)
def test_mcnemar_is_the_two_sided_sign_test_of_the_binomial_distribution(only_a: int, only_b: int, p: float) -> None:
    assert mcnemar(only_a, only_b) == pytest.approx(p)


def test_changes_of_signs_of_right_and_wrong_answers_are_mcnemars_test() -> None:
    differences = np.array([1.0] * 9 + [-1.0] + [0.0] * 30)
    assert sign_flip_p(differences, range(40)) == pytest.approx(mcnemar(9, 1))
    many = np.array([1.0] * 60 + [-1.0] * 40)
    assert sign_flip_p(many, range(100)) == pytest.approx(mcnemar(60, 40), abs=0.01)


def test_entries_of_one_image_count_as_one_observation() -> None:
    differences = np.array([1.0] * 20)
    assert sign_flip_p(differences, [0] * 10 + [1] * 10) == 0.5
    assert sign_flip_p(differences, range(20)) < 0.001
    one, many = mean_interval([1.0, 0.0] * 50, [0, 1] * 50), mean_interval([1.0, 0.0] * 50, range(100))
    assert (one.low, one.high) == (0.0, 1.0)
    assert (many.low, many.high) == pytest.approx((0.40, 0.60), abs=0.015)


def test_equal_scores_have_the_interval_of_a_share() -> None:
    low, high = mean_interval([1.0] * 20, range(20))
    assert (low, high) == pytest.approx((0.839, 1.0), abs=0.001)


def test_a_difference_that_is_everywhere_the_same_is_not_certain() -> None:
    one, (low, high) = compare([1.0], [1.0], [(True, True)], [0]), wilson(1, 1)
    assert one == Comparison(0.0, (pytest.approx(low - high), pytest.approx(high - low)), 1.0, 0, 0, 1.0)
    many = compare([1.0] * 20, [1.0] * 20, [(True, True)] * 20, range(20)).interval
    assert many == pytest.approx((-0.161, 0.161), abs=0.001)
    # Twenty questions about one image are one observation, and a difference that is no share is in its interval.
    assert compare([1.0] * 20, [1.0] * 20, [(True, True)] * 20, [0] * 20).interval == one.interval
    assert compare([0.9] * 5, [0.6] * 5, [(True, True)] * 5, range(5)).interval.high >= 0.3
    low, high = compare([1.0] * 5, [0.0] * 5, [(True, False)] * 5, range(5)).interval
    assert (low, high) == pytest.approx((0.386, 1.0), abs=0.001)


def test_what_only_one_model_has_right_is_counted() -> None:
    right = [(True, True), (True, False), (True, False), (False, True), (False, False)]
    found = compare([1, 1, 0.9, 0, 0], [1, 0, 0.4, 1, 0], right, range(5))
    assert (found.only_a_right, found.only_b_right, found.mcnemar_p) == (2, 1, 1.0)
    assert found.difference == pytest.approx(0.1)


def _shares(trials: int, share_a: float, share_b: float, families: int, entries: int) -> tuple[float, float, float]:
    """Return the shares of simulated comparisons that find a difference, and whose two intervals hold the truth.

    Of the entries of one image, each model answers all a little better or all a little worse.
    """
    rng, found = np.random.default_rng(0), np.zeros(3)
    of = np.repeat(np.arange(families), entries)

    def answers(share: float) -> list[float]:
        luck = np.repeat(rng.choice([-0.2, 0.2], families), entries) if entries > 1 else 0.0
        return list((rng.random(len(of)) < share + luck).astype(float))

    for _ in range(trials):
        a, b = answers(share_a), answers(share_b)
        result, own = compare(a, b, [(x == 1, y == 1) for x, y in zip(a, b, strict=True)], of), mean_interval(a, of)
        low, high = result.interval
        found += result.p <= 0.05, low <= share_a - share_b <= high, own.low <= share_a <= own.high
    alarms, differences, means = (found / trials).tolist()
    return alarms, differences, means


def test_a_large_difference_is_found_and_none_is_not() -> None:
    assert _shares(20, 0.8, 0.5, 60, 1)[0] >= 0.8
    assert _shares(20, 0.6, 0.6, 60, 1)[0] <= 0.2


@pytest.mark.prove
@pytest.mark.parametrize(
    ("share_a", "share_b", "families", "entries", "alarms"),
    [
        pytest.param(0.6, 0.6, 200, 1, (0.02, 0.065), id="no difference, 200 images"),
        pytest.param(0.6, 0.6, 50, 4, (0.03, 0.07), id="no difference, 50 images with 4 entries"),
        pytest.param(0.65, 0.55, 200, 1, (0.43, 0.60), id="10 points, 200 images"),
        pytest.param(0.65, 0.55, 400, 1, (0.77, 0.90), id="10 points, 400 images"),
        pytest.param(0.75, 0.55, 200, 1, (0.97, 1.0), id="20 points, 200 images"),
    ],
)
def test_false_alarms_power_and_coverage(
    share_a: float, share_b: float, families: int, entries: int, alarms: tuple[float, float]
) -> None:
    found, differences, means = _shares(1_000, share_a, share_b, families, entries)
    print(f"found {found:.1%}, intervals that hold the difference {differences:.1%} and the mean {means:.1%}")
    assert alarms[0] <= found <= alarms[1]
    assert differences >= 0.925
    assert means >= 0.925
