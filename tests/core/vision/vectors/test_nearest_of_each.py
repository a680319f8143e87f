"""The nearest others of each vector, in blocks of rows and columns."""

import numpy as np
import pytest

from core.vision.vectors import pairs
from core.vision.vectors.pairs import nearest_of_each

# On a circle, each a little further from the first.
ANGLES = np.array([0.0, 0.1, 0.3, 0.6, 1.0, 1.5, 2.1])
VECTORS = np.stack([np.cos(ANGLES), np.sin(ANGLES)], axis=1).astype(np.float16)
NEAREST = [[1, 2, 3], [0, 2, 3], [1, 0, 3], [2, 4, 1], [3, 5, 2], [4, 6, 3], [5, 4, 3]]


@pytest.mark.parametrize("rows", [1, 2, 3, 100])
@pytest.mark.parametrize("columns", [1, 2, 4, 100])
def test_they_are_the_same_in_blocks_of_any_size(rows: int, columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairs, "_ROWS_TO_ALL", rows)
    monkeypatch.setattr(pairs, "_COLUMNS", columns)

    assert nearest_of_each(VECTORS, 3).tolist() == NEAREST
    assert nearest_of_each(VECTORS, 1).tolist() == [[row[0]] for row in NEAREST]


@pytest.mark.parametrize(("count", "limit", "width"), [(0, 3, 0), (1, 3, 0), (2, 3, 1), (4, 3, 3), (4, 2, 2)])
def test_there_are_no_more_than_the_others(count: int, limit: int, width: int) -> None:
    found = nearest_of_each(VECTORS[:count], limit)

    assert found.shape == (count, width)
    assert (found >= 0).all()
