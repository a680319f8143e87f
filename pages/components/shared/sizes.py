"""Sizes of files as people read them."""


def readable(size_bytes: int) -> str:
    """Return a size such as "1.4 MB", in units of 1,000."""
    for unit, scale in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size_bytes >= scale:
            return f"{size_bytes / scale:,.1f} {unit}"
    return f"{size_bytes:,} bytes"
