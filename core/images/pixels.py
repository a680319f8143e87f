"""From the bytes of an image file to upright sRGB pixels on white, as browsers show it.

Exceptions are listed in docs/ARCHITECTURE.md, "Pixels".
"""

from io import BytesIO
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from core.errors import ImageRejectedError
from core.flatten import with_alpha_channel
from core.images.color import to_srgb
from core.images.decoding_errors import DECODING_ERRORS
from core.images.png_rows import check_rows
from core.images.structure import first_frame

# The transposition that makes each EXIF orientation upright.
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# Those that exchange width and height.
_SIDEWAYS = (5, 6, 7, 8)
_EXIF_ORIENTATION = 0x0112
# Replaced by Limits.max_pixels, which is checked on the header before anything is decoded.
Image.MAX_IMAGE_PIXELS = None


def upright(
    data: bytes, format_: str, max_pixels: int | None, max_side_px: int | None
) -> tuple[Image.Image, tuple[int, int]]:
    """Return the image upright, in sRGB on white, at most *max_side_px*; and the full upright (width, height).

    Raises:
        ImageRejectedError: there are more than *max_pixels*.
        DECODING_ERRORS: the file is damaged.
    """
    image, (width, height), info, turn = eight_bits(data, format_, max_pixels, max_side_px)
    if max_side_px is not None and max(image.size) > max_side_px:
        # As sharp as bicubic for downscaling, in two thirds of the time.
        image = image.resize(_fitting((width, height), max_side_px), Image.Resampling.HAMMING, reducing_gap=2.0)
    image = to_srgb(image, info)
    if (transposition := _UPRIGHT.get(turn)) is not None:
        image = image.transpose(transposition)
    return image, (height, width) if turn in _SIDEWAYS else (width, height)


class EightBits(NamedTuple):
    """The pixels of a file as it stores them, but with 8 bits a channel."""

    image: Image.Image
    size_wh: tuple[int, int]
    """px, of the file; *image* may be smaller."""
    info: dict[Any, Any]
    """What the file says of its colors, for :func:`core.images.color.to_srgb`."""
    turn: int
    """The EXIF orientation, 1 to 8."""


def eight_bits(data: bytes, format_: str, max_pixels: int | None = None, max_side_px: int | None = None) -> EightBits:
    """Decode a file; a JPEG in about *max_side_px*, which is faster.

    Raises:
        ImageRejectedError: there are more than *max_pixels*.
        DECODING_ERRORS: the file is damaged.
    """
    with Image.open(BytesIO(data), formats=[format_]) as opened:
        width, height = opened.size
        if max_pixels is not None and width * height > max_pixels:
            raise ImageRejectedError(
                f"The image has {width:,} x {height:,} px; the limit is {max_pixels / 1e6:,.0f} megapixels. "
                "Scale it down and try again.",
                reason="too-many-pixels",
            )
        if max_side_px is not None:
            opened.draft(None, _fitting((width, height), max_side_px))
        opened.load()
        if format_ == "PNG":
            check_rows(opened, data)
        # After the pixels: reading the EXIF data of a PNG loads it, and hides that its pixels are damaged.
        turn = _orientation(opened)
        return EightBits(_with_alpha_channel(opened, data, format_), (width, height), opened.info, turn)


def _fitting(size_wh: tuple[int, int], max_side_px: int) -> tuple[int, int]:
    scale = min(1.0, max_side_px / max(size_wh))
    return max(1, round(size_wh[0] * scale)), max(1, round(size_wh[1] * scale))


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(_EXIF_ORIENTATION, 1))
    except DECODING_ERRORS:
        # Damaged metadata says nothing about the pixels.
        return 1


def _with_alpha_channel(image: Image.Image, data: bytes, format_: str) -> Image.Image:
    """Return *image* with 8 bits a channel, and a transparent color as alpha channel."""
    if format_ == "WEBP" and image.mode == "RGB" and (frame := first_frame(data)) is not None:
        return _with_transparent_surroundings(image, frame)
    key = image.info.get("transparency")
    if format_ != "PNG" or key is None:
        return with_alpha_channel(image)
    bits = data[24]
    if image.mode == "L" and bits < 8:
        # Pillow scales the pixels to 8 bits, but not the transparent color.
        image.info["transparency"] = key * 255 // (2**bits - 1)
    if image.mode == "RGB" and bits == 16:
        return _with_transparent_16_bit_color(image, data, key)
    return with_alpha_channel(image)


def _with_transparent_surroundings(image: Image.Image, frame: tuple[int, int, int, int]) -> Image.Image:
    """Return *image*, transparent around its first frame: without alpha channel, Pillow leaves it black there."""
    if frame == (0, 0, *image.size):
        return image
    alpha = Image.new("L", image.size, 0)
    alpha.paste(255, frame)
    image = image.copy()
    image.putalpha(alpha)
    return image


def _with_transparent_16_bit_color(high: Image.Image, data: bytes, key: tuple[int, int, int]) -> Image.Image:
    """Return *high*, the upper 8 bits, with an alpha channel; Pillow would compare them with 16 bits of the color."""
    with Image.open(BytesIO(data), formats=["PNG"]) as low:
        # Unpacked as little-endian, these are the lower 8 bits.
        low.tile = [low.tile[0]._replace(args="RGB;16L")]
        is_key = np.logical_and.reduce([
            (np.asarray(high.getchannel(n)) == key[n] >> 8) & (np.asarray(low.getchannel(n)) == key[n] & 255)
            for n in range(3)
        ])  # fmt: skip
    image = high.copy()
    del image.info["transparency"]
    image.putalpha(Image.fromarray(np.where(is_key, 0, 255).astype(np.uint8)))
    return image
