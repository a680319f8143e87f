"""What changes drawn by chance leave alone."""

import random

import pytest

from core.transform.augmentation import _erase


@pytest.mark.parametrize("size_wh", [(1, 3), (3, 1), (1, 1)])
def test_an_image_of_one_pixel_a_side_has_no_part_to_erase(size_wh: tuple[int, int]) -> None:
    assert [_erase(random.Random(seed), size_wh, 1.0, []) for seed in range(20)] == [None] * 20


def test_what_is_erased_lies_within_the_image_and_off_the_boxes_that_are_kept() -> None:
    kept = [(0.0, 0.0, 50.0, 100.0)]

    steps = [_erase(random.Random(seed), (100, 100), 1.0, kept) for seed in range(40)]

    boxes = [(step.left, step.top, step.right, step.bottom) for step in steps if step]
    assert boxes
    assert all(50 <= left < right <= 100 and 0 <= top < bottom <= 100 for left, top, right, bottom in boxes)
    assert _erase(random.Random(0), (100, 100), 1.0, [(0.0, 0.0, 100.0, 100.0)]) is None
