"""Groups of a map: the hills of the density of its points."""

import numpy as np
from numpy.typing import NDArray

from core.vision.map.neighbors import Points

MAX_GROUPS = 24
NO_GROUP = 255
"""Of points in groups that are too small to be named."""
_SIDE = 256
_MIN_SHARE = 0.01
# Standard deviation of the blur, in shares of the side: for n points this times n to the power of -1/6, as in Scott's
# rule (Scott 1992, Multivariate Density Estimation); it grows until there are few enough hills.
_BLUR, _GROWTH, _MAX_BLURS = 0.12, 1.4, 12


def groups_of(places: Points) -> NDArray[np.uint8]:
    """Return the group of each place, 0 for the largest; at most 24 groups, and ``NO_GROUP`` for the rest."""
    if not len(places):
        return np.empty(0, np.uint8)
    cells = np.minimum((places * _SIDE).astype(np.intp), _SIDE - 1)
    counts = np.zeros((_SIDE, _SIDE))
    np.add.at(counts, (cells[:, 0], cells[:, 1]), 1)
    least = max(_MIN_SHARE * len(places), 2)
    blur = _SIDE * _BLUR * len(places) ** (-1 / 6)
    for number in range(_MAX_BLURS):
        hills = _hills(_blurred(counts, blur * _GROWTH**number))[cells[:, 0], cells[:, 1]]
        names, sizes = np.unique(hills, return_counts=True)
        if (sizes >= least).sum() <= MAX_GROUPS:
            break
    large = np.argsort(-sizes, kind="stable")[:MAX_GROUPS]
    large = large[sizes[large] >= least]
    numbers = np.full(len(names), NO_GROUP, np.uint8)
    numbers[large] = np.arange(len(large))
    found: NDArray[np.uint8] = numbers[np.searchsorted(names, hills)]
    return found


def _blurred(counts: NDArray[np.float64], deviation: float) -> NDArray[np.float64]:
    """Return the counts blurred by a Gaussian, with empty space around them."""
    side = 2 * _SIDE
    frequencies = np.fft.rfftfreq(side), np.fft.fftfreq(side)
    decay = np.exp(-2 * (np.pi * deviation) ** 2 * (frequencies[1][:, None] ** 2 + frequencies[0][None, :] ** 2))
    return np.fft.irfft2(np.fft.rfft2(counts, (side, side)) * decay, (side, side))[:_SIDE, :_SIDE]


def _hills(density: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return for each cell the number of the peak that one reaches from it by always going up."""
    # Rounded, so that what the Fourier transform adds to empty space makes no hills; ties go to the first cell.
    height = np.round(density / max(float(density.max()), 1e-12), 6)
    padded = np.pad(height, 1, constant_values=-1.0)
    numbers = np.arange(_SIDE * _SIDE).reshape(_SIDE, _SIDE)
    best, up = height.copy(), numbers.copy()
    for down, right in ((-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1)):
        other = padded[1 + down : 1 + down + _SIDE, 1 + right : 1 + right + _SIDE]
        is_higher = other > best
        best[is_higher] = other[is_higher]
        up[is_higher] = (numbers + down * _SIDE + right)[is_higher]
    peaks = up.ravel()
    while not np.array_equal(further := peaks[peaks], peaks):
        peaks = further
    return peaks.reshape(_SIDE, _SIDE)
