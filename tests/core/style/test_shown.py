"""How alike what images show is, by vectors."""

import numpy as np
import pytest

from core.style.shown import ShownContents, contents_of

RED, GREEN, BLUE = ([1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0])
NONE = [np.nan] * 3


def _shown(*vectors: list[float]) -> ShownContents:
    return ShownContents(np.array(vectors, np.float32))


def test_images_that_show_what_a_picked_one_does_are_redundant() -> None:
    shown = _shown(RED, RED, GREEN, BLUE, NONE, GREEN, BLUE)
    assert not shown.has_picks
    assert not shown.is_other(2), "nothing was picked that it could differ from"

    shown.add(0)

    assert shown.has_picks
    assert shown.redundancy.tolist() == [1, 1, 0, 0, 0, 0, 0]
    assert [shown.is_other(index) for index in range(7)] == [False, False, True, True, False, True, True]

    shown.add(2)

    assert shown.redundancy.tolist() == [1, 1, 1, 0, 0, 1, 0]


def test_an_image_without_a_vector_changes_nothing() -> None:
    shown = _shown(RED, NONE, GREEN)

    shown.add(1)

    assert not shown.has_picks
    assert shown.redundancy.tolist() == [0, 0, 0]


def test_an_image_between_like_and_unlike_is_redundant_in_part() -> None:
    """Of 43 images ten each show the same, so that 1 is a near cosine and 0 a usual one."""
    groups = np.repeat(np.eye(4, dtype=np.float32), 10, axis=0)
    between = [[cosine, (1 - cosine**2) ** 0.5, 0, 0] for cosine in (0.5, 0.31, 0.29)]
    shown = ShownContents(np.concatenate([groups, np.array(between, np.float32)]))

    shown.add(0)

    assert shown.redundancy[:20].tolist() == pytest.approx([1] * 10 + [0] * 10)
    assert shown.redundancy[40:].tolist() == pytest.approx([0.5, 0.31, 0.29])
    assert [shown.is_other(index) for index in (40, 41, 42)] == [False, False, True]


@pytest.mark.parametrize(
    ("vectors", "rows"),
    [
        ([RED, GREEN], [RED, GREEN]), ([RED, None, GREEN, None], [RED, NONE, GREEN, NONE]),
        ([RED, None, GREEN, None, None], None), ([RED], None), ([RED, None], None), ([], None),
    ],
)  # fmt: skip
def test_vectors_count_when_at_least_half_of_the_images_and_two_have_one(
    vectors: list[list[float] | None], rows: list[list[float]] | None
) -> None:
    made = contents_of([None if vector is None else np.array(vector, np.float32) for vector in vectors])

    if rows is None:
        assert made is None
    else:
        assert made is not None
        np.testing.assert_array_equal(made, np.array(rows, np.float32))
