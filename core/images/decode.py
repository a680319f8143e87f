"""Decoding images: runs only in the worker processes of the sandbox.

Arguments and results are picklable. Every exception of Pillow becomes an ImageRejectedError; crashes, memory and time
are handled by the sandbox.
"""

import hashlib
import math
import stat
from dataclasses import dataclass, replace
from pathlib import Path

from PIL import Image

from core.errors import ImageRejectedError
from core.images import pixel_file
from core.images.decoding_errors import DECODING_ERRORS, rejection
from core.images.end_marker import check_scan_data, missing_end
from core.images.pixels import EightBits, eight_bits, upright
from core.images.placing import place
from core.images.structure import check_structure, image_format
from core.measure import Measurement, measure, orientation

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
    has_new_end: bool
    """The end marker was missing and was added; sha256 and size are those with it."""


def inspect(source: Path, limits: Limits, copy_to: Path | None, thumbnail_to: Path) -> Inspected:
    """Decode an image completely, measure it, and write its thumbnail and (with *copy_to*) a copy.

    Every compressed byte is decoded, so a truncated file is rejected here and not found later on a page. A file that
    lacks only its end marker gets it, in *copy_to* or else in *source*.

    Raises:
        ImageRejectedError: the file is not accepted; nothing was written.
    """
    data = _read(source, limits.max_bytes)
    format_ = image_format(data[:64])
    check_structure(data, format_)
    small, size_wh, complete = _decoded(data, format_, limits.max_pixels, limits.thumbnail_side_px)
    measurement = replace(measure(small), size_wh=size_wh, orientation=orientation(size_wh))
    small.save(thumbnail_to, "JPEG", quality=_THUMBNAIL_QUALITY)
    has_new_end = len(complete) > len(data)
    if copy_to is not None or has_new_end:
        (copy_to or source).write_bytes(complete)
    return Inspected(
        sha256=hashlib.sha256(complete).hexdigest(), size_bytes=len(complete), format=format_,
        width=size_wh[0], height=size_wh[1], measurement=measurement, has_new_end=has_new_end,
    )  # fmt: skip


def derive(
    source: Path,
    destination: Path,
    as_format: str,
    max_side_px: int | None,
    max_pixels: int | None = None,
    place_at: Path | None = None,
) -> tuple[int, int]:
    """Write a rendition: upright, sRGB, without metadata; return its width and height in px.

    Args:
        as_format: JPEG or PNG.
        max_side_px: of the longer side; None for the full size.
        max_pixels: that the file may have.
        place_at: where the finished file is moved, on the same disk; None: it stays at *destination*.

    Raises:
        ImageRejectedError: the file cannot be decoded, or has more pixels.
    """
    data = source.read_bytes()
    image, _, _ = _decoded(data, image_format(data[:64]), max_pixels, max_side_px)
    if as_format == "PNG":
        image.save(destination, "PNG", compress_level=4)
    else:
        image.save(destination, "JPEG", quality=_quality(max_side_px))
    if place_at is not None:
        place(destination, place_at)
    return image.size


def open_upright(source: Path, format_: str, max_side_px: int | None = None) -> Image.Image:
    """Return an image as it is shown: upright, in sRGB on white.

    Raises:
        ImageRejectedError: the file cannot be decoded.
    """
    image, _, _ = _decoded(source.read_bytes(), format_, None, max_side_px)
    return image


def cut_tile(
    source: Path,
    pixels: Path,
    staging: Path,
    destination: Path,
    box: tuple[int, int, int, int],
    reduce_by: int,
    max_pixels: int | None = None,
) -> None:
    """Write a tile as PNG, without loss; after it, when *pixels* is none, the pixel file to *staging*.

    Args:
        destination: where the tile appears in one step.
        box: left, top, right, bottom in px of the upright image, inside of it.
        reduce_by: how many px of the image become one px of the tile, in both directions.
        max_pixels: that the file may have.

    Raises:
        ImageRejectedError: the file cannot be decoded, or has more pixels.
    """
    decoded, tile = None, pixel_file.cut(pixels, box, reduce_by)
    if tile is None:
        decoded = _whole(source.read_bytes(), max_pixels)
        tile = pixel_file.cut_decoded(decoded, box, reduce_by)
    # With the default level a photograph takes 6 times as long, and becomes 14 % smaller.
    tile.save(staging / destination.name, "PNG", compress_level=1)
    place(staging / destination.name, destination)
    if decoded is not None:
        pixel_file.write(decoded, staging / pixels.name)


def _whole(data: bytes, max_pixels: int | None) -> EightBits:
    format_ = image_format(data[:64])
    try:
        return eight_bits(data + missing_end(data, format_), format_, max_pixels)
    except DECODING_ERRORS as error:
        raise rejection(error) from error


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


def _decoded(
    data: bytes, format_: str, max_pixels: int | None, max_side_px: int | None
) -> tuple[Image.Image, tuple[int, int], bytes]:
    """Return what :func:`upright` returns, and the bytes of the file with an end marker.

    Raises:
        ImageRejectedError: the file is damaged, or has more than *max_pixels*.
    """
    try:
        end = missing_end(data, format_)
        image, size_wh = upright(data + end, format_, max_pixels, max_side_px)
        if end and format_ == "JPEG":
            check_scan_data(data)
    except DECODING_ERRORS as error:
        raise rejection(error) from error
    return image, size_wh, data + end
