"""Intervals of measured shares."""

from math import sqrt

_Z_95 = 1.959963984540054
"""The 97.5 % quantile of the normal distribution."""


def wilson(count: int, total: int) -> tuple[float, float]:
    """Return the 95 % interval of a share by Wilson's score method (1927); (0, 1) for no observation."""
    if not total:
        return 0.0, 1.0
    share, square = count / total, _Z_95**2
    center = (share + square / (2 * total)) / (1 + square / total)
    half = _Z_95 / (1 + square / total) * sqrt(share * (1 - share) / total + square / (4 * total**2))
    return max(0.0, center - half), min(1.0, center + half)


def paired_difference(both: int, first: int, second: int, neither: int) -> tuple[float, float]:
    """Return the 95 % interval of the difference of two shares of the same things; (-1, 1) for no observation.

    Wilson intervals combined with the correlation of the two: Newcombe (1998), Statistics in Medicine 17, method 10.

    Args:
        both: how many count for both shares; *first* and *second* for only one, *neither* for none.
    """
    total = both + first + second + neither
    if not total:
        return -1.0, 1.0
    one, other = (both + first) / total, (both + second) / total
    (low_one, high_one), (low_other, high_other) = wilson(both + first, total), wilson(both + second, total)
    phi = _correlation(both, first, second, neither)
    low = sqrt(max(_combined(one - low_one, high_other - other, phi), 0.0))
    high = sqrt(max(_combined(high_one - one, other - low_other, phi), 0.0))
    return max(one - other - low, -1.0), min(one - other + high, 1.0)


def _combined(one: float, other: float, phi: float) -> float:
    return one**2 - 2 * phi * one * other + other**2


def _correlation(both: int, first: int, second: int, neither: int) -> float:
    margins = (both + first) * (second + neither) * (both + second) * (first + neither)
    if not margins:
        return 0.0
    product = float(both * neither - first * second)
    if product > 0:
        product = max(product - (both + first + second + neither) / 2, 0.0)
    return product / sqrt(margins)
