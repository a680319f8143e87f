"""Style features: the style of an image as a vector, in which similar styles are close.

Computed with numpy and Pillow alone, without model weights, in CIELAB (CIE 1976 L*a*b*) on at most 256 x 256 px.
Each group of numbers below is one dimension of style; the distance in a dimension is the mean absolute difference.

    palette   colors: sorted projections of CIELAB on fixed directions, so that the distance is the sliced
              Wasserstein distance (Rabin et al. 2011)
    light     lightness: quantiles of L*, the one-dimensional Wasserstein distance
    chroma    colorfulness: quantiles of C*
    hue       histogram of hues, weighted by chroma
    edge      hardness of edges: quantiles of the gradient of L*
    texture   grain: rotation-invariant uniform local binary patterns at two scales (Ojala et al. 2002)
    bands     size of detail: energy of five octaves of a Haar pyramid
    overall   mean and spread of L* and of chroma, mean a* and b*, share of shadow and of highlight
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Array = NDArray[np.floating[Any]]

SIDE_PX = 256
"""Longer side at which an image is measured."""

VERSION = 1
"""Of the stored form: features of another version are measured again."""

_DIRECTIONS = 16
_QUANTILES = 16
_HUES = 24
_OCTAVES = 5
_PIXEL_SAMPLE = 4096

DIMENSIONS: dict[str, int] = {
    "palette": _DIRECTIONS * _QUANTILES,
    "light": _QUANTILES,
    "chroma": _QUANTILES,
    "hue": _HUES,
    "edge": _QUANTILES,
    "texture": 20,
    "bands": _OCTAVES,
    "overall": 8,
}
"""The number of values of each dimension, in their order in the vector."""

LENGTH = sum(DIMENSIONS.values())
OVERALL = ("lightness", "contrast", "chroma", "chroma spread", "red-green", "warmth", "shadow", "highlight")


@dataclass(frozen=True)
class StyleFeatures:
    """The style of one image, and two hashes of its content (upright and mirrored) that reveal copies."""

    vector: Array
    """Shape ``(LENGTH,)``."""
    content_hash: bytes
    """32 bytes: a difference hash of 256 bits."""
    mirror_hash: bytes
    """The content hash of the mirrored image."""

    def group(self, dimension: str) -> Array:
        """Return the values of one dimension, shape ``(DIMENSIONS[dimension],)``."""
        return self.vector[span(dimension)]

    def overall(self, name: str) -> float:
        """Return one of the values named in ``OVERALL``: units of L*, C*, a*, b*, or percent."""
        return float(self.group("overall")[OVERALL.index(name)])

    def to_json(self) -> dict[str, Any]:
        """Return a compact JSON form: 10,000 of them are read in a few hundredths of a second."""
        return {
            "version": VERSION,
            "vector": base64.b64encode(self.vector.astype("<f4").tobytes()).decode(),
            "hash": self.content_hash.hex(),
            "mirror": self.mirror_hash.hex(),
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "StyleFeatures | None":
        """Return the features that ``to_json`` wrote; None when *stored* is empty or of another version."""
        if stored.get("version") != VERSION:
            return None
        vector = np.frombuffer(base64.b64decode(stored["vector"]), "<f4")
        return cls(vector, bytes.fromhex(stored["hash"]), bytes.fromhex(stored["mirror"]))


def span(dimension: str) -> slice:
    """Return the slice of a vector that holds *dimension*."""
    start = 0
    for name, count in DIMENSIONS.items():
        if name == dimension:
            return slice(start, start + count)
        start += count
    raise KeyError(dimension)


def measure_style(image: Image.Image) -> StyleFeatures:
    """Return the style features of a decoded, upright image."""
    small = image.convert("RGB")
    small.thumbnail((SIDE_PX, SIDE_PX), Image.Resampling.BILINEAR, reducing_gap=2.0)
    lab = _to_lab(np.asarray(small))
    lightness = _padded(lab[..., 0])
    sample = _sample(lab)
    chroma = np.hypot(sample[:, 1], sample[:, 2])
    groups = (
        _palette(sample),
        _quantiles(sample[:, 0]),
        _quantiles(chroma),
        _hues(sample, chroma),
        _edges(lightness),
        np.concatenate([_texture(lightness), _texture(_halved(lightness))]),
        _bands(lightness),
        _overall(sample, chroma),
    )
    return StyleFeatures(
        vector=np.concatenate(groups).astype(np.float32),
        content_hash=_content_hash(small),
        mirror_hash=_content_hash(small.transpose(Image.Transpose.FLIP_LEFT_RIGHT)),
    )


def _to_lab(rgb: NDArray[np.uint8]) -> Array:
    """Return CIELAB (D65) of sRGB bytes, both of shape ``(height, width, 3)``.

    The transfer function and matrix of IEC 61966-2-1 (sRGB), then the CIE 1976 formula.
    """
    steps = np.arange(256, dtype=np.float32) / 255
    linear = np.where(steps <= 0.04045, steps / 12.92, ((steps + 0.055) / 1.055) ** 2.4).astype(np.float32)
    to_xyz = np.array(
        [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]],
        dtype=np.float32,
    ) / np.array([[0.95047], [1.0], [1.08883]], dtype=np.float32)
    xyz = linear[rgb] @ to_xyz.T
    curved = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    x, y, z = curved[..., 0], curved[..., 1], curved[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1).astype(np.float32)


def _padded(lightness: Array) -> Array:
    """Return the plane ``(height, width)``, padded by its edges where it is too small for all octaves."""
    missing = [max(0, 2**_OCTAVES - side) for side in lightness.shape]
    return np.pad(lightness, [(0, count) for count in missing], mode="edge")


def _sample(lab: Array) -> Array:
    """Return about ``_PIXEL_SAMPLE`` evenly spaced pixels, shape ``(count, 3)``: enough for distributions."""
    pixels = lab.reshape(-1, 3)
    # An odd step shares no factor with usual widths; an even one would take the same columns in every row.
    step = max(1, len(pixels) // _PIXEL_SAMPLE) | 1
    return pixels[::step]


def _quantiles(values: Array, count: int = _QUANTILES) -> Array:
    return _at_quantiles(np.sort(values, axis=0), count)


def _at_quantiles(ordered: Array, count: int) -> Array:
    indexes = ((np.arange(count) + 0.5) / count * len(ordered)).astype(int)
    picked: Array = ordered[indexes]
    return picked


def _palette(sample: Array) -> Array:
    """Return the quantiles of the colors along directions of a Fibonacci lattice on the sphere."""
    turns = np.arange(_DIRECTIONS) + 0.5
    polar, around = np.arccos(1 - turns / _DIRECTIONS), np.pi * (1 + 5**0.5) * turns
    directions = np.stack([np.cos(around) * np.sin(polar), np.sin(around) * np.sin(polar), np.cos(polar)])
    projected = np.sort(sample @ directions.astype(np.float32), axis=0)
    return _at_quantiles(projected, _QUANTILES).T.ravel()


def _hues(sample: Array, chroma: Array) -> Array:
    """Return the share of each hue, weighted by chroma and blurred, so that neighboring hues are close.

    A mean chroma below 10 scales the shares down: a gray image has no hue.
    """
    angle = np.arctan2(sample[:, 2], sample[:, 1]) / (2 * np.pi) % 1
    weights = np.bincount((angle * _HUES).astype(int) % _HUES, weights=chroma, minlength=_HUES)
    shares: Array = weights / max(float(chroma.sum()), 1e-6) * min(1.0, float(chroma.mean()) / 10)
    for _ in range(2):
        shares = (np.roll(shares, 1) + 2 * shares + np.roll(shares, -1)) / 4
    return shares.astype(np.float32)


def _edges(lightness: Array) -> Array:
    """Return the quantiles of log(1 + gradient), in units of L*."""
    across = np.abs(lightness[:-1, 1:] - lightness[:-1, :-1])
    down = np.abs(lightness[1:, :-1] - lightness[:-1, :-1])
    gradient = (across + down).ravel()
    return _quantiles(np.log1p(gradient[:: max(1, gradient.size // 16384) | 1]))


def _texture(lightness: Array) -> Array:
    """Return the shares of the ten rotation-invariant uniform patterns of eight neighbors (Ojala et al. 2002)."""
    center = lightness[1:-1, 1:-1]
    height, width = center.shape
    code = np.zeros(center.shape, dtype=np.uint8)
    around = ((0, 0), (0, 1), (0, 2), (1, 2), (2, 2), (2, 1), (2, 0), (1, 0))
    for bit, (row, column) in enumerate(around):
        # A threshold of half a unit of L*: without it JPEG noise turns flat areas into patterns.
        code |= (lightness[row : row + height, column : column + width] > center + 0.5).astype(np.uint8) << bit
    shares = np.bincount(_pattern_table()[code.ravel()], minlength=10) / code.size
    return shares.astype(np.float32)


@cache
def _pattern_table() -> NDArray[np.uint8]:
    """Return the pattern of each of the 256 codes: its number of set bits when it is uniform, otherwise 9."""
    bits = (np.arange(256)[:, None] >> np.arange(8)) & 1
    changes = (bits != np.roll(bits, 1, axis=1)).sum(axis=1)
    return np.where(changes <= 2, bits.sum(axis=1), 9).astype(np.uint8)


def _halved(lightness: Array) -> Array:
    """Return the plane at half its size, each value the mean of 2 x 2."""
    height, width = (side // 2 * 2 for side in lightness.shape)
    even = lightness[:height, :width]
    halved: Array = (even[::2, ::2] + even[1::2, ::2] + even[::2, 1::2] + even[1::2, 1::2]) / 4
    return halved


def _bands(lightness: Array) -> Array:
    """Return log(1 + mean loss) of each halving: detail of 2, 4, 8, 16 and 32 px."""
    energies: list[float] = []
    for _ in range(_OCTAVES):
        half = _halved(lightness)
        height, width = half.shape
        loss = np.abs(lightness[: 2 * height : 2, : 2 * width : 2] - half)
        energies.append(float(np.log1p(loss.mean())))
        lightness = half
    return np.array(energies, dtype=np.float32)


def _overall(sample: Array, chroma: Array) -> Array:
    """Return the values named in ``OVERALL``; shadow is below L* 20 and highlight above 85, in percent."""
    lightness = sample[:, 0]
    return np.array(
        [
            lightness.mean(),
            lightness.std(),
            chroma.mean(),
            chroma.std(),
            sample[:, 1].mean(),
            sample[:, 2].mean(),
            100 * (lightness < 20).mean(),
            100 * (lightness > 85).mean(),
        ],
        dtype=np.float32,
    )


def _content_hash(image: Image.Image) -> bytes:
    """Return a difference hash (dHash) of 16 x 16 bits: 32 bytes."""
    gray = np.asarray(image.convert("L").resize((17, 16), Image.Resampling.BOX), dtype=np.int16)
    return np.packbits(gray[:, 1:] > gray[:, :-1]).tobytes()
