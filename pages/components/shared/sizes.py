"""Sizes of files and images as people read them."""

from pages.components.shared import numbers


def readable(size_bytes: int) -> str:
    """Return a size such as "1.4 MB", in units of 1,000."""
    for unit, scale in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size_bytes >= scale:
            return f"{numbers.text(size_bytes / scale, 1)} {unit}"
    return f"{numbers.text(size_bytes)} bytes"


def pixels(width: int | None, height: int | None) -> str:
    """Return the size of an image: "1,920 x 1,080 px"."""
    return f"{numbers.text(width)} x {numbers.text(height)} px"
