"""Opening images: what runs in the worker processes and nowhere else.

Every function takes plain values and returns plain values. Whatever a broken or hostile file makes Pillow raise
becomes an ImageRejectedError; whatever it makes the process do is ended from outside.
"""

import hashlib
import math
import os
import struct
import zlib
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageCms

from core.errors import ImageRejectedError
from core.images.structure import check_structure, image_format
from core.measure import Measurement, flatten, measure, orientation

# What Pillow raises on broken JPEG, PNG and WebP files; it asks not to be told about unexpected ones.
_BROKEN = (
    OSError, SyntaxError, ValueError, IndexError, KeyError, TypeError, AttributeError, EOFError, OverflowError,
    ZeroDivisionError, struct.error, zlib.error,
)  # fmt: skip
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_EXIF_ORIENTATION = 0x0112
# The limit on pixels is a setting and is checked here, on the header.
Image.MAX_IMAGE_PIXELS = None
_THUMBNAIL_QUALITY = 82
# Thumbnails; what models are sent, where every byte is uploaded; what people zoom into.
_QUALITIES = ((512, _THUMBNAIL_QUALITY), (1600, 86), (math.inf, 92))


@dataclass(frozen=True)
class Limits:
    max_bytes: int
    max_pixels: int
    thumbnail_side_px: int


@dataclass(frozen=True)
class Inspected:
    """What is known of an accepted image."""

    sha256: str
    size_bytes: int
    format: str
    width: int
    """Upright."""
    height: int
    measurement: Measurement


def inspect(source: Path, limits: Limits, copy_to: Path | None, thumbnail_to: Path) -> Inspected:
    """Check an image completely, measure it, and write its thumbnail and (with *copy_to*) a durable copy.

    Every compressed byte is decoded, so a file that is cut short is found here and not on a page.

    Raises:
        ImageRejectedError: it is not an image that is kept; nothing has been written then.
    """
    data = _read(source, limits.max_bytes)
    format_ = image_format(data[:64])
    check_structure(data, format_)
    try:
        small, size_wh = _reduced(data, format_, limits.max_pixels, limits.thumbnail_side_px)
        measurement = replace(measure(small), size_wh=size_wh, orientation=orientation(size_wh))
    except _BROKEN as error:
        raise _broken(error) from error
    small.save(thumbnail_to, "JPEG", quality=_THUMBNAIL_QUALITY)
    if copy_to is not None:
        write_durably(copy_to, data)
    return Inspected(
        sha256=hashlib.sha256(data).hexdigest(), size_bytes=len(data), format=format_,
        width=size_wh[0], height=size_wh[1], measurement=measurement,
    )  # fmt: skip


def derive(source: Path, destination: Path, as_format: str, max_side_px: int | None) -> tuple[int, int]:
    """Write an upright sRGB copy without metadata, at most *max_side_px* on its longer side; return its size."""
    data = source.read_bytes()
    try:
        image, _ = _reduced(data, image_format(data[:64]), None, max_side_px)
    except _BROKEN as error:
        raise _broken(error) from error
    if as_format == "PNG":
        image.save(destination, "PNG", compress_level=4)
    else:
        image.save(destination, "JPEG", quality=_quality(max_side_px))
    return image.size


def _quality(max_side_px: int | None) -> int:
    return next(quality for side_px, quality in _QUALITIES if (max_side_px or math.inf) <= side_px)


def write_durably(path: Path, data: bytes) -> None:
    """Write *data* and wait until the disk has it."""
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _read(source: Path, max_bytes: int) -> bytes:
    try:
        size_bytes = source.stat().st_size
        data = source.read_bytes() if size_bytes <= max_bytes else b""
    except OSError as error:
        raise ImageRejectedError(
            "The file cannot be read. Check that it is still there.", reason="unreadable"
        ) from error
    if size_bytes > max_bytes:
        raise ImageRejectedError(
            f"The file is larger than {max_bytes / 1e6:,.0f} MB. Scale it down and try again.", reason="too-large"
        )
    return data


def _reduced(
    data: bytes, format_: str, max_pixels: int | None, max_side_px: int | None
) -> tuple[Image.Image, tuple[int, int]]:
    """Return the image upright, as sRGB on white, within *max_side_px*; and its full upright size."""
    with Image.open(BytesIO(data), formats=[format_]) as opened:
        width, height = opened.size
        if max_pixels is not None and width * height > max_pixels:
            raise ImageRejectedError(
                f"The image has {width:,} x {height:,} px; the limit is {max_pixels / 1e6:,.0f} megapixels. "
                "Scale it down and try again.",
                reason="too-many-pixels",
            )
        turn = _UPRIGHT.get(_orientation(opened))
        if max_side_px is not None:
            opened.draft(None, _fitting((width, height), max_side_px))
        opened.load()
        image: Image.Image = opened
        if image.mode in ("1", "P", "PA"):
            image = image.convert("RGBA" if image.has_transparency_data else "RGB")
        if max_side_px is not None and max(image.size) > max_side_px:
            # As sharp as bicubic when an image gets smaller, at two thirds of its time.
            image = image.resize(_fitting((width, height), max_side_px), Image.Resampling.HAMMING, reducing_gap=2.0)
        image = _to_srgb(image, opened.info.get("icc_profile"))
    if turn is not None:
        image = image.transpose(turn)
        if turn not in (_UPRIGHT[2], _UPRIGHT[3], _UPRIGHT[4]):
            width, height = height, width
    return image, (width, height)


def _fitting(size_wh: tuple[int, int], max_side_px: int) -> tuple[int, int]:
    scale = min(1.0, max_side_px / max(size_wh))
    return max(1, round(size_wh[0] * scale)), max(1, round(size_wh[1] * scale))


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(_EXIF_ORIENTATION, 1))
    except _BROKEN:
        # Damaged metadata does not make the pixels worse.
        return 1


def _to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Return *image* as RGB in the color space that screens and models expect."""
    if profile and image.mode in ("RGB", "CMYK", "L"):
        try:
            source = ImageCms.ImageCmsProfile(BytesIO(profile))
            converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
        except (ImageCms.PyCMSError, *_BROKEN):
            converted = None
        if converted is not None:
            converted.info = {}
            return converted
    plain = flatten(image)
    plain.info = {}
    return plain


def _broken(error: BaseException) -> ImageRejectedError:
    if isinstance(error, ImageRejectedError):
        return error
    text = str(error).lower()
    if "decompressed data too large" in text or "text chunk" in text:
        return ImageRejectedError("The metadata of this file is too large. Save it anew.", reason="metadata")
    return ImageRejectedError(
        "The file is damaged or cut short and cannot be opened. Look for the original.", reason="damaged"
    )
