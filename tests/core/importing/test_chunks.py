"""Chunks of an import grow, so that the first results show soon."""

import pytest

from core.importing.chunks import FILES_PER_CHUNK, in_chunks


@pytest.mark.parametrize(
    ("items", "size", "lengths"),
    [
        (200, FILES_PER_CHUNK, [8, 16, 32, 64, 64, 16]),
        (8, 64, [8]),
        (9, 64, [8, 1]),
        (12, 5, [1, 2, 4, 5]),
        (2, 1, [1, 1]),
        (0, 64, []),
    ],
)
def test_chunks_double_up_to_their_size_and_have_every_item_once(items: int, size: int, lengths: list[int]) -> None:
    chunks = list(in_chunks(range(items), size))

    assert [len(chunk) for chunk in chunks] == lengths
    assert [item for chunk in chunks for item in chunk] == list(range(items))
