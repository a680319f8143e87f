"""Measurements of an image without a model; deterministic: the same pixels give the same numbers.

They are stored with each image, compared when a style is matched, and are all that the offline provider knows.
Pillow and numpy are imported lazily.
"""

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from core.flatten import flatten

if TYPE_CHECKING:
    from PIL.Image import Image

MEASURED_SIDE_PX = 256
"""Images are first scaled down to this longer side, so that small and large ones can be compared."""

REGIONS = (
    "top left", "top", "top right",
    "left", "center", "right",
    "bottom left", "bottom", "bottom right",
)  # fmt: skip

# Several anchors for each name: with one, the nearest anchor in L*a*b* is often not the name that people use.
_ANCHORS: tuple[tuple[str, str], ...] = (
    ("black", "#000000 #101010 #1a1a1a #12121c"),
    ("dark gray", "#333333 #444444 #555555 #3a3f44"),
    ("gray", "#6c6c6c #808080 #959595 #7f868d"),
    ("light gray", "#b0b0b0 #c4c4c4 #d6d6d6 #c3c9ce"),
    ("white", "#ffffff #f7f7f7 #efefef"),
    ("red", "#ff0000 #d62728 #b71c1c #e53935 #8b0000"),
    ("orange", "#ff7f0e #ff9800 #ff8c00 #e65100 #f57c00 #d9653b #e2725b"),
    ("yellow", "#ffff00 #ffeb3b #fbc02d #ffd700 #fff59d #e9b44c"),
    ("green", "#00ff00 #008000 #2ca02c #4caf50 #a5d6a7 #1b5e20 #8bc34a #556b2f"),
    ("turquoise", "#00ffff #00bcd4 #40e0d0 #008080 #80deea #006064"),
    ("blue", "#0000ff #1f77b4 #2196f3 #64b5f6 #90caf9 #4682b4 #3f51b5 #87ceeb #add8e6"),
    ("dark blue", "#000080 #0d2a5c #1a237e #102040"),
    ("purple", "#800080 #9467bd #9c27b0 #673ab7 #b39ddb #4a148c"),
    ("pink", "#ff69b4 #e377c2 #f8bbd0 #ff00ff #ffc0cb #e91e63"),
    ("brown", "#8b4513 #8c564b #5d4037 #a0522d #3e2723 #795548 #a57c52"),
    ("beige", "#f5f5dc #e8d5b0 #d2b48c #ead7c3 #faebd7"),
)

COLOR_NAMES = tuple(name for name, _ in _ANCHORS)

# Levels of a channel in the lookup table of colors; a step of 8 in 256 is hardly visible.
_LEVELS = 32
# CIE76 distance below which two colors count as the same plain surface.
_SAME_SURFACE = 8.0
_MIN_DOMINANT_SHARE = 0.03
_MAX_DOMINANT = 5
# A difference of mean L* below this is noise.
_MIN_REGION_SPREAD = 1.0


@dataclass(frozen=True)
class NamedColor:
    """A color with its English name."""

    name: str
    hex: str
    """#rrggbb, the mean of the pixels with this name."""
    share: float
    """Of all pixels, 0 to 1."""


@dataclass(frozen=True)
class Measurement:
    """The measurements of one image as passed in; the caller makes it upright."""

    size_wh: tuple[int, int]
    """px, before scaling."""
    orientation: str
    """landscape, portrait or square (sides within 2 %)."""
    average_color: str
    """#rrggbb"""
    colors: tuple[NamedColor, ...]
    """The dominant colors, largest share first; at least one, at most five."""
    brightness: float
    """Mean L*, 0 to 100."""
    contrast: float
    """Standard deviation of L*, 0 to 50."""
    sharpness: float
    """Variance of the Laplacian of the luma (0 to 255)."""
    saturation: float
    """Mean difference of the largest and the smallest channel, 0 to 1."""
    warmth: float
    """Mean of red minus blue, -1 (cold) to 1 (warm)."""
    brightest_region: str | None
    """One of REGIONS; None when all are equally bright."""
    darkest_region: str | None
    background: NamedColor
    """The most common color of the border, and the share of all pixels that have it."""
    dhash: str
    """64-bit difference hash, hex; near-duplicates differ in few bits."""
    mirror_dhash: str
    """The hash of the image mirrored left to right."""


def measure(image: "Image") -> Measurement:
    """Measure *image*; transparent parts count as white. Takes a few milliseconds at 256 px."""
    import numpy as np
    from PIL.Image import Transpose

    small = flatten(image)
    small.thumbnail((MEASURED_SIDE_PX, MEASURED_SIDE_PX), reducing_gap=2.0)
    # One array for each channel: reducing over an interleaved last axis is ten times slower.
    rgb = np.stack([np.asarray(plane) for plane in small.split()])
    means = rgb.reshape(3, -1).mean(axis=1)
    lightness = _lightness(rgb)
    codes = _codes(rgb)
    regions = _regions(lightness)
    spread = max(regions.values()) - min(regions.values())
    return Measurement(
        size_wh=image.size,
        orientation=orientation(image.size),
        average_color=_hex(means),
        colors=_dominant(rgb, codes),
        brightness=round(float(lightness.mean()), 2),
        contrast=round(float(lightness.std()), 2),
        sharpness=round(_laplacian_variance(small), 2),
        saturation=round(float((rgb.max(axis=0) - rgb.min(axis=0)).mean()) / 255, 4),
        warmth=round(float(means[0] - means[2]) / 255, 4),
        brightest_region=max(regions, key=lambda name: regions[name]) if spread >= _MIN_REGION_SPREAD else None,
        darkest_region=min(regions, key=lambda name: regions[name]) if spread >= _MIN_REGION_SPREAD else None,
        background=_background(rgb, codes),
        dhash=_dhash(small),
        mirror_dhash=_dhash(small.transpose(Transpose.FLIP_LEFT_RIGHT)),
    )


def orientation(size_wh: tuple[int, int]) -> str:
    """Return landscape, portrait or square (sides within 2 %)."""
    width, height = size_wh
    if abs(width - height) <= 0.02 * max(width, height):
        return "square"
    return "landscape" if width > height else "portrait"


def hash_distance(first: str, second: str) -> int:
    """Return the Hamming distance of two 64-bit hashes."""
    return (int(first, 16) ^ int(second, 16)).bit_count()


def color_name(rgb: tuple[int, int, int]) -> str:
    """Return the English name of a color (0 to 255 a channel)."""
    import numpy as np

    return _ANCHORS[int(_tables()[1][_codes(np.array(rgb, dtype=np.uint8))])][0]


def _hex(rgb: Any) -> str:
    return "#" + "".join(f"{round(float(channel)):02x}" for channel in rgb)


def _codes(rgb: Any) -> Any:
    """Return one number below 32 768 for each pixel: its color with 5 bits a channel."""
    red, green, blue = rgb.astype("uint16") >> 3
    return (red << 10) | (green << 5) | blue


@cache
def _tables() -> tuple[Any, Any]:
    """Return the Lab value and the index of the name for each code."""
    import numpy as np

    steps = np.arange(_LEVELS) * 8 + 3.5
    cube = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(-1, 3)
    lab = _lab(cube)
    nearest = np.full(len(lab), np.inf)
    names = np.zeros(len(lab), dtype=np.int64)
    for index, (_, shades) in enumerate(_ANCHORS):
        anchors = _lab(np.array([list(bytes.fromhex(shade[1:])) for shade in shades.split()], dtype=float))
        distance = ((lab[:, None, :] - anchors[None]) ** 2).sum(axis=2).min(axis=1)
        names[distance < nearest] = index
        nearest = np.minimum(nearest, distance)
    return lab.astype(np.float32), names


def _lab(rgb: Any) -> Any:
    """Convert sRGB (0 to 255) to CIE L*a*b* with the D65 white; formulas of IEC 61966-2-1 and CIE 15."""
    import numpy as np

    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    roots = _cube_root(_linear(rgb) @ to_xyz.T / np.array([0.95047, 1.0, 1.08883]))
    x, y, z = np.moveaxis(roots, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


@cache
def _luminance_tables() -> tuple[Any, Any]:
    """Return the share of the luminance (0 to 4095) of each channel value, and L* for each luminance."""
    import numpy as np

    linear = _linear(np.arange(256))
    parts = np.stack([linear * weight * 4095 for weight in (0.2126, 0.7152, 0.0722)]).astype(np.float32)
    lightness = 116 * _cube_root(np.arange(4096) / 4095) - 16
    return parts, lightness.astype(np.float32)


def _linear(channels: Any) -> Any:
    """Return the share of light (0 to 1) of sRGB channel values (0 to 255)."""
    import numpy as np

    share = channels / 255
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


def _cube_root(share: Any) -> Any:
    """Return the cube root that L*a*b* is made of; it goes on as a line near black."""
    import numpy as np

    return np.where(share > 216 / 24389, np.cbrt(share), (24389 / 27 * share + 16) / 116)


def _lightness(rgb: Any) -> Any:
    parts, lightness = _luminance_tables()
    luminance = parts[0][rgb[0]] + parts[1][rgb[1]] + parts[2][rgb[2]]
    return lightness[(luminance + 0.5).astype("uint16")]


def _regions(lightness: Any) -> dict[str, float]:
    height, width = lightness.shape
    rows = [(row * height // 3, max((row + 1) * height // 3, row * height // 3 + 1)) for row in range(3)]
    columns = [(column * width // 3, max((column + 1) * width // 3, column * width // 3 + 1)) for column in range(3)]
    cells = [lightness[top:bottom, left:right] for top, bottom in rows for left, right in columns]
    return {name: float(cell.mean()) for name, cell in zip(REGIONS, cells, strict=True)}


def _dominant(rgb: Any, codes: Any) -> tuple[NamedColor, ...]:
    import numpy as np

    names = _tables()[1][codes].ravel()
    counts = np.bincount(names, minlength=len(_ANCHORS))
    sums = [np.bincount(names, weights=plane.ravel(), minlength=len(_ANCHORS)) for plane in rgb]
    found: list[NamedColor] = []
    for index in np.argsort(-counts, kind="stable")[:_MAX_DOMINANT]:
        share = counts[index] / names.size
        if found and share < _MIN_DOMINANT_SHARE:
            break
        mean = [channel[index] / counts[index] for channel in sums]
        found.append(NamedColor(_ANCHORS[index][0], _hex(mean), round(float(share), 4)))
    return tuple(found)


def _background(rgb: Any, codes: Any) -> NamedColor:
    import numpy as np

    lab, names = _tables()
    border = np.concatenate([codes[0], codes[-1], codes[:, 0], codes[:, -1]])
    common = np.bincount(border).argmax()
    histogram = np.bincount(codes.ravel(), minlength=len(lab))
    near = ((lab - lab[common]) ** 2).sum(axis=1) < _SAME_SURFACE**2
    exact = rgb[:, codes == common].mean(axis=1)
    return NamedColor(_ANCHORS[names[common]][0], _hex(exact), round(float(histogram[near].sum() / codes.size), 4))


def _laplacian_variance(image: "Image") -> float:
    import numpy as np

    luma = np.asarray(image.convert("L"), dtype=np.float32)
    if min(luma.shape) < 3:
        return 0.0
    center = luma[1:-1, 1:-1]
    around = luma[:-2, 1:-1] + luma[2:, 1:-1] + luma[1:-1, :-2] + luma[1:-1, 2:]
    return float((around - 4 * center).var())


def _dhash(image: "Image") -> str:
    import numpy as np
    from PIL import Image

    gray = np.asarray(image.convert("L").resize((9, 8), Image.Resampling.BOX), dtype=np.int16)
    bits = (gray[:, 1:] > gray[:, :-1]).ravel()
    return np.packbits(bits).tobytes().hex()
