"""A vector of measured color, edges and light: needs no model, and finds altered copies rather than like things.

Brightness is brought to one level first, and left and right count the same, so that darker and mirrored copies lie
near. Of 125 altered copies among 1,000 photographs the nearest is the right one, in 100: cropped to 70 % 97.6, mirrored
100, darker as a JPEG of quality 20 99.2, turned by 10 degrees 100.
"""

from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

VERSION = "measured 2"
SIDE_PX = 192
_SMOOTH = 4  # px; below it are the blocks and the grain of a JPEG
_COLOR_BINS, _ANGLES = 9, 8
_COLOR_CELLS, _EDGE_CELLS, _LIGHT_CELLS = 6, 4, 8
_TINY = 1e-6  # so that the colors of a gray image have a direction, too
_MEAN_LEVEL, _USUAL_SATURATION = 118, 0.35
# Chosen on 125 other photographs: of the four kinds of copies the worst is then found best.
_COLOR_WEIGHT, _COLOR_PLACE_WEIGHT, _EDGE_WEIGHT, _LIGHT_WEIGHT = 4.33, 0.72, 1.8, 0.4

# Different pages of text and bar charts share their colors, white and a little ink: 98 % of the pairs of such pages
# have the cosine of copies. Between images that are mostly gray only edges and light tell copies. Of 870 pairs of
# different made pages and charts these parts have a cosine of at most 0.984; of copies as JPEG, half as large or darker
# at least 0.998.
_MOSTLY_GRAY, _LEAST_FORM_COSINE = 0.6, 0.985
_COLOR_VALUES = _COLOR_BINS**2
_GRAY_BIN = _COLOR_VALUES // 2
_FORM_FROM = _COLOR_VALUES + 2 * _COLOR_CELLS**2
_VALUES = _FORM_FROM + _EDGE_CELLS**2 // 2 * _ANGLES + _LIGHT_CELLS**2

Array = NDArray[np.float32]


def embed(image: Image.Image) -> Array:
    """Return the vector of an RGB image, 281 values."""
    pixels = np.asarray(image.resize((SIDE_PX, SIDE_PX), Image.Resampling.BOX), np.float32)
    light = pixels.mean(axis=2)
    light = (light - light.mean()) / max(float(light.std()), 4.0)
    leveled = pixels * (_MEAN_LEVEL / max(float(pixels.mean()), 8.0))
    in_place = _coarse(_opponent_colors(leveled), _COLOR_CELLS)
    places = np.concatenate([_mirrored(in_place[..., 0]), _mirrored(in_place[..., 1])]) + np.float32(_TINY)
    return weighted(
        (_COLOR_WEIGHT, _color_shares(_opponent_colors(_coarse(leveled, SIDE_PX // _SMOOTH)))),
        (_COLOR_PLACE_WEIGHT, places),
        (_EDGE_WEIGHT, _edges(_coarse(light, SIDE_PX // _SMOOTH))),
        (_LIGHT_WEIGHT, _mirrored(_coarse(light, _LIGHT_CELLS))),
    )


def forms_agree(first: NDArray[Any], second: NDArray[Any]) -> NDArray[np.bool_]:
    """Return for pairs of vectors, shape (n, d), whether two that are mostly gray have the edges and light of copies.

    The first values of each are those of :func:`embed`; pairs of which one is colored agree by their cosine alone.
    """
    if first.shape[1] < _VALUES:
        return np.ones(len(first), bool)
    both = [np.asarray(one, np.float32) for one in (first, second)]
    gray = np.min([_gray_share(one) for one in both], axis=0)
    forms = [one[:, _FORM_FROM:_VALUES] for one in both]
    lengths = np.prod([np.linalg.norm(one, axis=1) for one in forms], axis=0)
    cosines = (forms[0] * forms[1]).sum(axis=1) / np.maximum(lengths, _TINY)
    agree: NDArray[np.bool_] = (gray < _MOSTLY_GRAY) | (cosines >= _LEAST_FORM_COSINE)
    return agree


def _gray_share(vectors: Array) -> Array:
    colors = vectors[:, :_COLOR_VALUES]
    share: Array = colors[:, _GRAY_BIN] ** 2 / np.maximum((colors**2).sum(axis=1), _TINY)
    return share


def weighted(*parts: tuple[float, Array]) -> Array:
    """Return the parts in one vector of length 1, so that the cosine of two is the weighted mean of the parts'."""
    total = sum(weight for weight, _ in parts)
    made = [np.sqrt(weight / total) * part / max(float(np.linalg.norm(part)), 1e-6) for weight, part in parts]
    return np.concatenate(made).astype(np.float32)


def _coarse(values: Array, cells: int) -> Array:
    """Return the means of equal cells of a square: shape (cells, cells, ...)."""
    size = len(values) // cells
    means: Array = values.reshape(cells, size, cells, size, *values.shape[2:]).mean(axis=(1, 3))
    return means


def _opponent_colors(pixels: Array) -> Array:
    """Return hue and saturation without lightness: red against green, and yellow against blue."""
    total = pixels.sum(axis=2) + 24
    red_green = (pixels[..., 0] - pixels[..., 1]) / total
    yellow_blue = (pixels[..., 0] + pixels[..., 1] - 2 * pixels[..., 2]) / (2 * total)
    return np.stack([red_green, yellow_blue], axis=2)


def _color_shares(colors: Array) -> Array:
    """Return how much of the image has each hue and saturation; gray lies in the middle of its bin."""
    places = (np.clip(colors / _USUAL_SATURATION, -1, 1) + 1) / 2 * (_COLOR_BINS - 1)
    ones = np.ones(colors.shape[:2], np.float32)
    shares = _shared([places[..., 0], places[..., 1]], (_COLOR_BINS, _COLOR_BINS), ones)
    found: Array = np.sqrt(shares / shares.sum()).ravel()
    return found


def _edges(light: Array) -> Array:
    """Return how strong edges of each direction are in 4 x 4 cells."""
    down, across = np.gradient(light)
    strength = np.hypot(down, across)
    # Without left and right: an angle and its mirror image are one.
    angle = np.arctan2(np.abs(across), down) / np.pi * _ANGLES - 0.5
    cells = (np.arange(len(light)) + 0.5) / len(light) * _EDGE_CELLS - 0.5
    rows, columns = np.broadcast_arrays(cells[:, None], cells[None])
    found = _shared([rows, columns, angle], (_EDGE_CELLS, _EDGE_CELLS, _ANGLES), strength)
    both = (found + found[:, ::-1])[:, : _EDGE_CELLS // 2]
    strengths: Array = np.sqrt(both / max(float(both.sum()), 1e-6)).ravel()
    return strengths


def _shared(places: Sequence[NDArray[Any]], sizes: tuple[int, ...], weights: Array) -> Array:
    """Return a histogram in which a value between two bins counts in both, by its distance to each."""
    inside = [np.clip(place, 0, size - 1) for place, size in zip(places, sizes, strict=True)]
    below = [np.minimum(place.astype(int), size - 2) for place, size in zip(inside, sizes, strict=True)]
    counts = np.zeros(int(np.prod(sizes)))
    for corner in product((0, 1), repeat=len(sizes)):
        shares, index = weights.astype(np.float64), np.zeros(weights.shape, int)
        for step, place, low, size in zip(corner, inside, below, sizes, strict=True):
            shares = shares * (place - low if step else 1 - (place - low))
            index = index * size + low + step
        counts += np.bincount(index.ravel(), shares.ravel(), len(counts))
    return counts.reshape(sizes).astype(np.float32)


def _mirrored(grid: Array) -> Array:
    """Return a grid so that its mirror image gives the same: what both sides share, and by how much they differ."""
    half = grid.shape[1] // 2
    other = grid[:, ::-1]
    return np.concatenate([((grid + other) / 2)[:, :half].ravel(), (np.abs(grid - other) / 2)[:, :half].ravel()])
