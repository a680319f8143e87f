"""The image that the offline provider generates: the colors of the references as areas, labeled as such."""

import io
import random
from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.measure import Measurement

if TYPE_CHECKING:
    from PIL import ImageDraw

LABEL = "Palette study - offline/measure"
_LONGEST_SIDE_PX = 1024
_NEUTRALS = (("#d9d9d9", 0.4), ("#a6a6a6", 0.3), ("#737373", 0.2), ("#404040", 0.1))
Box = tuple[float, float, float, float]


def draw(references: Sequence[Measurement], aspect_ratio: str, seed: int) -> bytes:
    """Return a PNG in *aspect_ratio*; without references in shades of gray. *seed* determines the arrangement."""
    from PIL import Image, ImageDraw

    width, height = size_of(aspect_ratio)
    image = Image.new("RGB", (width, height), "white")
    canvas = ImageDraw.Draw(image)
    strip = height // 14
    rng, colors = random.Random(seed), _shares(references)
    rng.shuffle(colors)
    _fill(canvas, (0, 0, width, height - strip), colors, rng)
    canvas.text((strip // 3, height - strip + strip // 5), LABEL, fill="black", font_size=max(strip // 2, 10))
    encoded = io.BytesIO()
    image.save(encoded, "PNG", optimize=True)
    return encoded.getvalue()


def size_of(aspect_ratio: str) -> tuple[int, int]:
    """Return width and height in pixels for a ratio such as "16:9"; square for an invalid one."""
    wide, _, high = aspect_ratio.partition(":")
    ratio = int(wide) / int(high) if wide.isdigit() and high.isdigit() and int(high) else 1.0
    if ratio >= 1:
        return _LONGEST_SIDE_PX, max(round(_LONGEST_SIDE_PX / ratio), 1)
    return max(round(_LONGEST_SIDE_PX * ratio), 1), _LONGEST_SIDE_PX


def _shares(references: Sequence[Measurement]) -> list[tuple[str, float]]:
    """Return the colors of all references with their mean share, largest first."""
    shares: dict[str, float] = {}
    for measured in references:
        for color in measured.colors:
            shares[color.hex] = shares.get(color.hex, 0.0) + color.share
    found = sorted(shares.items(), key=lambda pair: -pair[1])[:12] or list(_NEUTRALS)
    total = sum(share for _, share in found)
    return [(color, share / total) for color, share in found]


def _fill(canvas: "ImageDraw.ImageDraw", box: Box, colors: list[tuple[str, float]], rng: random.Random) -> None:
    """Divide *box* recursively in two, so that each color gets its share of the area."""
    if len(colors) == 1:
        canvas.rectangle(box, fill=colors[0][0])
        return
    middle = len(colors) // 2 if len(colors) > 3 else 1
    total = sum(share for _, share in colors)
    part = sum(share for _, share in colors[:middle]) / total
    left, top, right, bottom = box
    if (right - left) * rng.uniform(0.8, 1.25) >= bottom - top:
        cut = left + (right - left) * part
        halves: tuple[Box, Box] = ((left, top, cut, bottom), (cut, top, right, bottom))
    else:
        cut = top + (bottom - top) * part
        halves = ((left, top, right, cut), (left, cut, right, bottom))
    _fill(canvas, halves[0], colors[:middle], rng)
    _fill(canvas, halves[1], colors[middle:], rng)
