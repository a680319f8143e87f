"""Where points come to lie that are placed beside their neighbors."""

import zlib

import numpy as np
import pytest

from core.vision.map.points import _SPREAD, _is_usable, _offsets
from core.vision.vectors.rows import packed

IDS = [f"image-{number}" for number in range(200)]


def test_an_id_is_moved_a_little_always_to_the_same_side() -> None:
    moves = _offsets(IDS)

    assert moves.shape == (200, 2)
    assert np.array_equal(_offsets(IDS[5:6])[0], moves[5])
    angle, length = (zlib.crc32(text.encode()) / 2**32 for text in (IDS[5], IDS[5][::-1]))
    assert moves[5].tolist() == pytest.approx(
        [np.cos(2 * np.pi * angle) * length**0.5 * _SPREAD, np.sin(2 * np.pi * angle) * length**0.5 * _SPREAD]
    )
    lengths = np.hypot(*moves.T) / _SPREAD
    assert lengths.max() <= 1
    assert (lengths < 0.5).mean() == pytest.approx(0.25, abs=0.1), "evenly over a disk"
    assert np.abs(moves.mean(axis=0)).max() < 0.2 * _SPREAD


def test_a_vector_of_another_length_or_without_numbers_is_placed_nowhere() -> None:
    vector = packed(np.array([0.6, 0.8], np.float32))

    assert _is_usable(vector, len(vector))
    assert not _is_usable(vector, len(vector) + 2)
    assert not _is_usable(np.array([np.nan, 1.0], np.float16).tobytes(), 4)
