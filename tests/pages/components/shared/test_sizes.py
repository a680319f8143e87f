"""Sizes of files as people read them."""

import pytest

from pages.components.shared import sizes


@pytest.mark.parametrize(
    ("size_bytes", "words"),
    [(0, "0 bytes"), (999, "999 bytes"), (1_000, "1.0 kB"), (2_500_000, "2.5 MB"), (1_000_000_000, "1.0 GB")],
)
def test_a_size_has_the_largest_unit_that_fits(size_bytes: int, words: str) -> None:
    assert sizes.readable(size_bytes) == words
