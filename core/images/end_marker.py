"""Files that lack only their end marker: browsers show them, and most other programs refuse them."""

import hashlib
import struct
import zlib
from io import BytesIO

from PIL import Image

from core.images.structure import jpeg_has_end, png_chunks

_JPEG_END = b"\xff\xd9"
_PNG_END = struct.pack(">I4sI", 0, b"IEND", zlib.crc32(b"IEND"))
# Bits that would be decoded if any were missing, and would change the pixels, each in another way.
_TAILS = (b"", b"\x55" * 64, b"\xaa" * 64)


def missing_end(data: bytes, format_: str) -> bytes:
    """Return what has to follow the last byte so that the file has an end marker; nothing when it has one."""
    if format_ == "JPEG":
        return b"" if jpeg_has_end(data) else _JPEG_END
    return _missing_iend(data) if format_ == "PNG" else b""


def check_scan_data(data: bytes) -> None:
    """Raise when the pixels of a JPEG without end marker depend on what may follow its last byte.

    Raises:
        ValueError: more than the end marker is missing.
        DECODING_ERRORS: the file is damaged.
    """
    known = data.rstrip(b"\xff")
    if len({_digest(known + tail + _JPEG_END) for tail in _TAILS}) > 1:
        raise ValueError("the scan data of the JPEG ends too early")


def _digest(data: bytes) -> bytes:
    with Image.open(BytesIO(data), formats=["JPEG"]) as image:
        return hashlib.sha256(image.tobytes()).digest()


def _missing_iend(data: bytes) -> bytes:
    end, last = 8, b""
    for type_, position in png_chunks(data):
        end, last = position, type_
    if last == b"IEND" or end > len(data) or not _PNG_END.startswith(data[end:]):
        return b""
    return _PNG_END[len(data) - end :]
