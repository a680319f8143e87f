"""What Pillow raises on damaged JPEG, PNG and WebP files, and the sentence for it."""

import struct
import zlib

from core.errors import ImageRejectedError

DECODING_ERRORS = (
    OSError, SyntaxError, ValueError, IndexError, KeyError, TypeError, AttributeError, EOFError, OverflowError,
    ZeroDivisionError, AssertionError, struct.error, zlib.error,
)  # fmt: skip


def rejection(error: BaseException) -> ImageRejectedError:
    """Return the rejection for what a decoder raised."""
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
