"""The structure of image files, read without a decoder.

Some small files take a decoder minutes or gigabytes (decompression bombs). Their structure reveals them in
milliseconds.
"""

import re
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

from core.errors import ImageRejectedError

EXTENSIONS = {"JPEG": (".jpg", ".jpeg", ".jpe", ".jfif"), "PNG": (".png", ".apng"), "WEBP": (".webp",)}
MIME_TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}

# An ordinary progressive JPEG has 6 to 12 scans; 1,000 of them in 345 KB keep a decoder busy for 20 s.
MAX_JPEG_SCANS = 100
# Two million empty chunks in 24 MB take 10 s and 474 MB.
MAX_PNG_EXTRA_CHUNKS = 10_000
MAX_PNG_CHUNKS = 200_000

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_OTHERS: tuple[tuple[bytes, str], ...] = (
    (b"GIF8", "a GIF"), (b"BM", "a BMP"), (b"II*\0", "a TIFF"), (b"MM\0*", "a TIFF"), (b"%PDF", "a PDF"),
    (b"%!PS", "a PostScript file"), (b"PK\x03\x04", "a ZIP archive"), (b"\0\0\x01\0", "an icon"),
    (b"8BPS", "a Photoshop file"), (b"<svg", "an SVG"), (b"<?xml", "an XML or SVG file"), (b"<!DOC", "a web page"),
    (b"<html", "a web page"), (b"\x7fELF", "a program"), (b"MZ", "a program"),
)  # fmt: skip
# Inside a scan 0xFF is followed by 0x00 or a restart marker, which is no marker of a segment.
_JPEG_MARKER = re.compile(rb"\xff+[^\x00\xff\xd0-\xd7]")
# Frames of JPEG: lossless, hierarchical or arithmetic and one of these; JPEG-LS. Table B.1 of ITU-T T.81.
_UNREAD_FRAMES = frozenset((0xC3, 0xC5, 0xC6, 0xC7, 0xCB, 0xCD, 0xCE, 0xCF, 0xF7))
_FRAMES = frozenset((0xC0, 0xC1, 0xC2, 0xC9, 0xCA)) | _UNREAD_FRAMES
_CLEAN_JPEG_MARKERS = frozenset((0xE0, 0xDB, 0xC0, 0xC1, 0xC2, 0xC4, 0xDD, 0xDA, 0xD9))
_CLEAN_PNG_CHUNKS = frozenset((b"IHDR", b"PLTE", b"IDAT", b"IEND", b"pHYs", b"sRGB"))


def image_format(head: bytes) -> str:
    """Return JPEG, PNG or WEBP by the first bytes (magic numbers); the file name does not matter.

    Raises:
        ImageRejectedError: the file has another format.
    """
    if head.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if head.startswith(_PNG_SIGNATURE):
        return "PNG"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    if not head:
        raise ImageRejectedError("The file is empty. Look for the original.", reason="empty")
    known = next((name for start, name in _OTHERS if head.lstrip()[: len(start)].lower() == start.lower()), None)
    if known is None and head[4:8] == b"ftyp":
        known = "a HEIC, AVIF or video file"
    what = f"This is {known}, not" if known else "The content is not"
    first = "Unpack" if known == "a ZIP archive" else "Convert"
    raise ImageRejectedError(
        f"{what} a JPEG, PNG or WebP image. {first} it first; the name makes no difference.", reason="not-an-image"
    )


def check_structure(data: bytes, format_: str) -> None:
    """Reject decompression bombs: files that would exhaust a decoder; and a PNG whose pixel data have changed.

    Raises:
        ImageRejectedError: the JPEG is of a kind that no browser shows, there are too many scans or chunks, the canvas
            is larger than the format allows, or a checksum of pixel data is wrong, which Pillow does not look at.
    """
    if format_ == "JPEG" and _has_unread_frame(data):
        raise ImageRejectedError(
            "This JPEG is lossless or has more than 8 bits, like medical ones; no browser shows it. Save it as PNG.",
            reason="jpeg-kind",
        )
    if format_ == "JPEG" and _has_too_many_scans(data):
        raise ImageRejectedError(
            f"This JPEG has more than {MAX_JPEG_SCANS} scans, the limit. Save it again with an image editor.",
            reason="too-many-scans",
        )
    if format_ == "PNG":
        _check_chunks(data)
    if format_ == "WEBP" and data[12:16] == b"VP8X" and len(data) >= 30:
        width, height = (1 + int.from_bytes(data[at : at + 3], "little") for at in (24, 27))
        if width * height > 16383**2:
            raise ImageRejectedError(
                f"The image claims {width:,} x {height:,} px. Scale it down and try again.", reason="too-many-pixels"
            )


def first_frame(data: bytes) -> tuple[int, int, int, int] | None:
    """Return left, top, right and bottom of the first frame of an animated WebP; None when there is none.

    By the RIFF container of https://developers.google.com/speed/webp/docs/riff_container.
    """
    position = 12
    while position + 24 <= len(data):
        if data[position : position + 4] == b"ANMF":
            x, y, width, height = (
                int.from_bytes(data[at : at + 3], "little") for at in range(position + 8, position + 20, 3)
            )
            return 2 * x, 2 * y, 2 * x + width + 1, 2 * y + height + 1
        size_bytes = int.from_bytes(data[position + 4 : position + 8], "little")
        position += 8 + size_bytes + size_bytes % 2
    return None


def jpeg_has_end(data: bytes) -> bool:
    """Return whether a JPEG has its end marker; in application data and behind the end there may be others."""
    return data.rstrip(b"\0").endswith(b"\xff\xd9") or 0xD9 in _jpeg_markers(data)


def _has_unread_frame(data: bytes) -> bool:
    """Return whether the first frame of a JPEG is of a kind, or has a number of bits, that decoders do not read."""
    position = 2
    while (found := _JPEG_MARKER.search(data, position)) is not None:
        marker, position = found[0][-1], found.end()
        if marker in _FRAMES:
            return marker in _UNREAD_FRAMES or data[position + 2 : position + 3] not in (b"\x08", b"")
        if marker in (0xD9, 0xDA):
            return False
        position += int.from_bytes(data[position : position + 2], "big")
    return False


def _has_too_many_scans(data: bytes) -> bool:
    # Most files have few of these two bytes, and need no walk through their segments.
    if data.count(b"\xff\xda") <= MAX_JPEG_SCANS:
        return False
    return sum(marker == 0xDA for marker in _jpeg_markers(data)) > MAX_JPEG_SCANS


def _jpeg_markers(data: bytes) -> Iterator[int]:
    """Yield the markers behind SOI, up to EOI; video behind it and application data have none that count."""
    position = 2
    while (found := _JPEG_MARKER.search(data, position)) is not None:
        marker, position = found[0][-1], found.end()
        yield marker
        if marker == 0xD9:
            return
        if marker != 0x01:
            position += int.from_bytes(data[position : position + 2], "big")


def _check_chunks(data: bytes) -> None:
    extra, start, view = 0, len(_PNG_SIGNATURE), memoryview(data)
    for number, (type_, end) in enumerate(png_chunks(data)):
        if type_ == b"IDAT" and zlib.crc32(view[start + 4 : end - 4]) != int.from_bytes(view[end - 4 : end], "big"):
            raise ImageRejectedError(
                "The pixels of this PNG are damaged: their checksum is wrong. Look for the original.", reason="damaged"
            )
        start = end
        extra += type_ != b"IDAT"
        if extra > MAX_PNG_EXTRA_CHUNKS or number > MAX_PNG_CHUNKS:
            raise ImageRejectedError(
                "This PNG has too many chunks. Save it again with an image editor.", reason="too-many-chunks"
            )


def is_clean(path: Path, format_: str) -> bool:
    """Return whether the file has nothing but upright RGB pixels, so that it can be shown unchanged.

    False when there is metadata (EXIF, XMP, GPS, comments, color profiles), transparency, animation, more than 8 bits
    a channel, CMYK or gray, or any byte after the end of the image.
    """
    data = path.read_bytes()
    if format_ == "JPEG":
        return _is_clean_jpeg(data)
    if format_ == "PNG":
        return _is_clean_png(data)
    return data[12:16] == b"VP8 " and struct.unpack_from("<I", data, 4)[0] + 8 == len(data)


def _is_clean_jpeg(data: bytes) -> bool:
    position = 2
    while position + 4 <= len(data):
        if data[position] != 0xFF or data[position + 1] not in _CLEAN_JPEG_MARKERS:
            return False
        marker = data[position + 1]
        length = int.from_bytes(data[position + 2 : position + 4], "big")
        if marker in (0xC0, 0xC1, 0xC2) and data[position + 9] != 3:
            return False
        position += 2 + length
        if marker == 0xDA:
            # Inside a scan 0xFF is followed by 0x00 or a restart marker; anything else ends it.
            following = re.compile(rb"\xff[^\x00\xd0-\xd7]").search(data, position)
            if following is None:
                return False
            position = following.start()
    return position + 2 == len(data) and data.endswith(b"\xff\xd9")


def _is_clean_png(data: bytes) -> bool:
    end = len(_PNG_SIGNATURE)
    for type_, chunk_end in png_chunks(data):
        if type_ not in _CLEAN_PNG_CHUNKS:
            return False
        end = chunk_end
    bit_depth, color_type = data[24], data[25]
    return end == len(data) and bit_depth <= 8 and color_type == 2


def png_chunks(data: bytes) -> Iterator[tuple[bytes, int]]:
    """Yield the type of each chunk and the position after it, up to IEND."""
    position = len(_PNG_SIGNATURE)
    while position + 12 <= len(data):
        length, type_ = struct.unpack_from(">I4s", data, position)
        position += 12 + length
        yield type_, position
        if type_ == b"IEND":
            return
