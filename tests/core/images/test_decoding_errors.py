"""What a decoder raises, in words."""

import pytest

from core.errors import ImageRejectedError
from core.images.decoding_errors import rejection


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("Decompressed data too large for PngImagePlugin.MAX_TEXT_CHUNK", "metadata"),
        ("Too much memory used in text chunks: 67108865>MAX_TEXT_MEMORY", "metadata"),
        ("image file is truncated", "damaged"),
        ("", "damaged"),
    ],
)
def test_metadata_that_is_too_large_is_told_from_damage(message: str, reason: str) -> None:
    assert rejection(ValueError(message)).reason == reason


def test_a_rejection_stays_as_it_is() -> None:
    error = ImageRejectedError("It is too large.", reason="size")

    assert rejection(error) is error
