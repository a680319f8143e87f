"""Items of an import are planned in chunks that grow, so that the first results show soon."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")

# Enough to keep the workers busy, few enough that little is repeated after a crash.
FILES_PER_CHUNK = 64


def in_chunks(items: Sequence[T], size: int = FILES_PER_CHUNK) -> Iterator[list[T]]:
    """Yield *items* in lists of at most *size*; the first ones are shorter, so that the first results show soon."""
    start, length = 0, max(size // 8, 1)
    while start < len(items):
        yield list(items[start : start + length])
        start, length = start + length, min(2 * length, size)
