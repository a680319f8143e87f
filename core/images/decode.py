"""Decoding images: runs only in the worker processes of the sandbox.

Arguments and results are picklable. Every exception of Pillow becomes an ImageRejectedError; crashes, memory and time
are handled by the sandbox.
"""

import hashlib
import math
import stat
import struct
import zlib
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageCms

from core.errors import ImageRejectedError
from core.images.structure import check_structure, image_format
from core.measure import Measurement, flatten, measure, orientation

# What Pillow raises on damaged JPEG, PNG and WebP files.
_DECODING_ERRORS = (
    OSError, SyntaxError, ValueError, IndexError, KeyError, TypeError, AttributeError, EOFError, OverflowError,
    ZeroDivisionError, AssertionError, struct.error, zlib.error,
)  # fmt: skip
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
_EXIF_ORIENTATION = 0x0112
# Replaced by Limits.max_pixels, which is checked on the header before anything is decoded.
Image.MAX_IMAGE_PIXELS = None
_THUMBNAIL_QUALITY = 82
# Largest side and JPEG quality: thumbnails; model copies, which are uploaded; views, which people zoom into.
_QUALITIES = ((512, _THUMBNAIL_QUALITY), (1600, 86), (math.inf, 92))


@dataclass(frozen=True)
class Limits:
    """What a file may have to be accepted, and the size of its thumbnail."""

    max_bytes: int
    max_pixels: int
    thumbnail_side_px: int


@dataclass(frozen=True)
class Inspected:
    """The properties of an accepted image."""

    sha256: str
    size_bytes: int
    format: str
    width: int
    """px, upright."""
    height: int
    """px, upright."""
    measurement: Measurement


def inspect(source: Path, limits: Limits, copy_to: Path | None, thumbnail_to: Path) -> Inspected:
    """Decode an image completely, measure it, and write its thumbnail and (with *copy_to*) a copy.

    Every compressed byte is decoded, so a truncated file is rejected here and not found later on a page.

    Raises:
        ImageRejectedError: the file is not accepted; nothing was written.
    """
    data = _read(source, limits.max_bytes)
    format_ = image_format(data[:64])
    check_structure(data, format_)
    try:
        small, size_wh = _reduced(data, format_, limits.max_pixels, limits.thumbnail_side_px)
        measurement = replace(measure(small), size_wh=size_wh, orientation=orientation(size_wh))
    except _DECODING_ERRORS as error:
        raise _broken(error) from error
    small.save(thumbnail_to, "JPEG", quality=_THUMBNAIL_QUALITY)
    if copy_to is not None:
        copy_to.write_bytes(data)
    return Inspected(
        sha256=hashlib.sha256(data).hexdigest(), size_bytes=len(data), format=format_,
        width=size_wh[0], height=size_wh[1], measurement=measurement,
    )  # fmt: skip


def derive(source: Path, destination: Path, as_format: str, max_side_px: int | None) -> tuple[int, int]:
    """Write a rendition: upright, sRGB, without metadata; return its width and height in px.

    Args:
        as_format: JPEG or PNG.
        max_side_px: of the longer side; None for the full size.

    Raises:
        ImageRejectedError: the file cannot be decoded.
    """
    data = source.read_bytes()
    try:
        image, _ = _reduced(data, image_format(data[:64]), None, max_side_px)
    except _DECODING_ERRORS as error:
        raise _broken(error) from error
    if as_format == "PNG":
        image.save(destination, "PNG", compress_level=4)
    else:
        image.save(destination, "JPEG", quality=_quality(max_side_px))
    return image.size


def _quality(max_side_px: int | None) -> int:
    return next(quality for side_px, quality in _QUALITIES if (max_side_px or math.inf) <= side_px)


def _read(source: Path, max_bytes: int) -> bytes:
    try:
        status = source.stat()
        # Reading a pipe would wait for its writer.
        is_file = stat.S_ISREG(status.st_mode)
        data = source.read_bytes() if is_file and status.st_size <= max_bytes else b""
    except OSError as error:
        raise ImageRejectedError(
            f"The file cannot be read ({error.strerror}). Check that it is there and may be read.", reason="unreadable"
        ) from error
    if not is_file:
        raise ImageRejectedError("This is not a file. Choose an image file.", reason="not-a-file")
    if status.st_size > max_bytes:
        raise ImageRejectedError(
            f"The file is larger than {max_bytes / 1e6:,.0f} MB. Scale it down and try again.", reason="too-large"
        )
    return data


def _reduced(
    data: bytes, format_: str, max_pixels: int | None, max_side_px: int | None
) -> tuple[Image.Image, tuple[int, int]]:
    """Return the image upright, in sRGB on white, at most *max_side_px*; and the full upright (width, height)."""
    with Image.open(BytesIO(data), formats=[format_]) as opened:
        width, height = opened.size
        if max_pixels is not None and width * height > max_pixels:
            raise ImageRejectedError(
                f"The image has {width:,} x {height:,} px; the limit is {max_pixels / 1e6:,.0f} megapixels. "
                "Scale it down and try again.",
                reason="too-many-pixels",
            )
        transposition = _UPRIGHT.get(_orientation(opened))
        if max_side_px is not None:
            opened.draft(None, _fitting((width, height), max_side_px))
        opened.load()
        image: Image.Image = opened
        if image.mode in ("1", "P", "PA"):
            image = image.convert("RGBA" if image.has_transparency_data else "RGB")
        if max_side_px is not None and max(image.size) > max_side_px:
            # As sharp as bicubic for downscaling, in two thirds of the time.
            image = image.resize(_fitting((width, height), max_side_px), Image.Resampling.HAMMING, reducing_gap=2.0)
        image = _to_srgb(image, opened.info.get("icc_profile"))
    if transposition is not None:
        image = image.transpose(transposition)
        if transposition not in (_UPRIGHT[2], _UPRIGHT[3], _UPRIGHT[4]):
            width, height = height, width
    return image, (width, height)


def _fitting(size_wh: tuple[int, int], max_side_px: int) -> tuple[int, int]:
    scale = min(1.0, max_side_px / max(size_wh))
    return max(1, round(size_wh[0] * scale)), max(1, round(size_wh[1] * scale))


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(_EXIF_ORIENTATION, 1))
    except _DECODING_ERRORS:
        # Damaged metadata says nothing about the pixels.
        return 1


def _to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Return *image* as RGB in sRGB; without a valid color profile its values are taken as sRGB."""
    if profile and image.mode in ("RGB", "CMYK", "L"):
        try:
            source = ImageCms.ImageCmsProfile(BytesIO(profile))
            converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
        except (ImageCms.PyCMSError, *_DECODING_ERRORS):
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
        return ImageRejectedError(
            "The metadata of this file is too large. Save it again without metadata.", reason="metadata"
        )
    return ImageRejectedError(
        "The file is damaged or truncated and cannot be decoded. Look for the original.", reason="damaged"
    )
