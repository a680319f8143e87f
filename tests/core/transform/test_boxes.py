"""Boxes move along with the pixels, and are dropped with a reason when they leave the image."""

import numpy as np
import pytest
from PIL import Image

from core.transform.boxes import CUT, OUTSIDE, Box, move
from core.transform.geometry import Crop, Flip, Pad, Resize, Rotate
from core.transform.steps import Step, apply, size_after

_SIZE = (200, 100)
_BOX = (20.0, 10.0, 60.0, 40.0)


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([Flip()], (140, 10, 180, 40)),
        ([Crop(10, 5, 110, 85)], (10, 5, 50, 35)),
        ([Resize(100, 100)], (10, 10, 30, 40)),
        ([Pad(30, 20, 0, 0)], (50, 30, 90, 60)),
        ([Crop(10, 5, 110, 85), Resize(200, 160), Flip()], (100, 10, 180, 70)),
        ([Rotate(90)], (10, 140, 40, 180)),
    ],
)
def test_a_box_is_where_its_pixels_are(steps: list[Step], expected: Box) -> None:
    moved = move([_BOX], steps, _SIZE)

    assert moved.boxes[0] == pytest.approx(expected)
    assert not moved.lost


@pytest.mark.parametrize(
    "step",
    [Flip(), Crop(10, 5, 110, 85), Resize(120, 90), Pad(30, 20, 7, 3), Rotate(90), Rotate(12.5), Rotate(-7)],
)
def test_the_box_and_the_pixels_agree(step: Step) -> None:
    pixels = np.zeros((_SIZE[1], _SIZE[0], 3), np.uint8)
    pixels[10:40, 20:60] = (255, 0, 0)

    image = step.pixels(Image.fromarray(pixels))
    changed = np.asarray(image, dtype=int)
    red = changed[:, :, 0] - changed[:, :, 1] > 128
    ys, xs = np.nonzero(red)

    assert image.size == step.size_after(_SIZE)
    (box,) = move([_BOX], [step], _SIZE).boxes
    assert (xs.min(), ys.min(), xs.max() + 1, ys.max() + 1) == pytest.approx(box, abs=1.5)


def test_a_box_outside_is_dropped_with_the_reason() -> None:
    moved = move([_BOX, (120.0, 10.0, 160.0, 40.0)], [Crop(100, 0, 200, 100)], _SIZE)

    assert moved.boxes == (None, (20.0, 10.0, 60.0, 40.0))
    assert moved.lost == {OUTSIDE: 1}


def test_a_box_of_which_little_is_left_is_dropped() -> None:
    nine_of_forty, eleven_of_forty = Crop(51, 0, 200, 100), Crop(49, 0, 200, 100)

    assert move([_BOX], [nine_of_forty], _SIZE).lost == {CUT: 1}
    assert move([_BOX], [eleven_of_forty], _SIZE).boxes == ((0.0, 10.0, 11.0, 40.0),)


def test_what_two_crops_leave_counts_together() -> None:
    half, half_of_it = Crop(40, 0, 200, 100), Crop(12, 0, 160, 100)

    assert move([_BOX], [half], _SIZE).boxes == ((0.0, 10.0, 20.0, 40.0),)
    assert move([_BOX], [half, half_of_it], _SIZE).lost == {CUT: 1}


def test_sizes_follow_from_the_steps_without_pixels() -> None:
    steps: list[Step] = [Rotate(10), Crop(0, 0, 150, 100), Pad(1, 2, 3, 4), Resize(64, 48), Flip()]

    assert apply(Image.new("RGB", _SIZE), steps).size == size_after(steps, _SIZE) == (64, 48)
