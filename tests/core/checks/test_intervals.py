import pytest

from core.checks.intervals import paired_difference, wilson


def test_wilson_intervals_equal_published_values() -> None:
    # Newcombe (1998), table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(15, 148) == pytest.approx((0.0624, 0.1605), abs=5e-5)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert wilson(1, 29) == pytest.approx((0.0061, 0.1718), abs=5e-5)


def test_nothing_observed_says_nothing() -> None:
    assert wilson(0, 0) == (0.0, 1.0)


def test_intervals_of_paired_differences_equal_published_values() -> None:
    # Newcombe (1998), Statistics in Medicine 17, 2635: table II, method 10.
    assert paired_difference(36, 12, 2, 0) == pytest.approx((0.0569, 0.3404), abs=5e-5)
    assert paired_difference(36, 14, 0, 0) == pytest.approx((0.1528, 0.4167), abs=5e-5)
    assert paired_difference(0, 0, 0, 0) == (-1.0, 1.0)
    low, high = paired_difference(20, 3, 9, 8)
    assert paired_difference(20, 9, 3, 8) == pytest.approx((-high, -low))
