"""Between which numbers each operation is drawn, and what a crop keeps: with a chance that takes one end of a range."""

import random
from typing import Any

import pytest

from core.transform.augmentation import draw
from core.transform.boxes import Box
from core.transform.cover import Erase
from core.transform.geometry import Crop, Rotate
from core.transform.steps import Step
from core.transform.texture import Blur, Jpeg, Noise
from core.transform.tone import Brightness, Color, Contrast

WIDE = (1000, 500)


class End(random.Random):
    """Draws the lowest number of each range, or the highest one."""

    def __init__(self, name: str, place: int, share: float) -> None:
        super().__init__()
        self._name, self._place, self._share = name, place, share

    def __repr__(self) -> str:
        return self._name

    def uniform(self, a: float, b: float) -> float:
        return (a, b)[self._place]

    def randint(self, a: int, b: int) -> int:
        return (a, b)[self._place]

    def choice(self, seq: Any) -> Any:
        return (seq[0], seq[-1])[self._place]

    def randrange(self, start: int, *_: Any) -> int:
        return (0, start - 1)[self._place]

    def random(self) -> float:
        return self._share


LOWEST, HIGHEST, MIDDLE = End("lowest", 0, 0.0), End("highest", 1, 1.0), End("middle", 0, 0.5)


@pytest.mark.parametrize(
    ("operation", "rng", "strength", "step"),
    [
        ("rotate", LOWEST, 1.0, Rotate(-3.0)), ("rotate", HIGHEST, 1.0, Rotate(20.0)),
        ("rotate", HIGHEST, 0.333, Rotate(8.66)),
        ("blur", LOWEST, 1.0, Blur(1.0)), ("blur", HIGHEST, 1.0, Blur(3.4)), ("blur", HIGHEST, 0.333, Blur(1.8)),
        ("noise", LOWEST, 1.0, Noise(3.0, 0)), ("noise", HIGHEST, 1.0, Noise(27.0, 2**31 - 1)),
        ("noise", HIGHEST, 0.333, Noise(11.0, 2**31 - 1)),
        ("jpeg", LOWEST, 1.0, Jpeg(15)), ("jpeg", HIGHEST, 1.0, Jpeg(75)), ("jpeg", LOWEST, 0.2, Jpeg(59)),
        ("brightness", LOWEST, 1.0, Brightness(1.1)), ("brightness", HIGHEST, 1.0, Brightness(0.3)),
        ("contrast", HIGHEST, 0.333, Contrast(0.7)), ("color", MIDDLE, 1.0, Color(0.9)),
        ("crop", LOWEST, 1.0, Crop(0, 0, 550, 275)), ("crop", HIGHEST, 1.0, Crop(30, 15, 1000, 500)),
        ("crop", LOWEST, 0.5, Crop(0, 0, 775, 388)),
        ("erase", LOWEST, 1.0, Erase(0, 0, 63, 158)), ("erase", HIGHEST, 1.0, Erase(500, 300, 1000, 500)),
        ("erase", HIGHEST, 0.5, Erase(629, 352, 1000, 500)),
    ],
    ids=str,
)  # fmt: skip
def test_an_operation_is_drawn_between_two_ends_that_its_strength_moves(
    operation: str, rng: End, strength: float, step: Step
) -> None:
    assert draw(operation, rng, WIDE, strength, []) == step


@pytest.mark.parametrize(
    ("rng", "kept", "step"),
    [
        (LOWEST, (500.5, 200.5, 700.5, 400.5), Crop(0, 0, 701, 401)),
        (LOWEST, (100.5, 50.5, 200.5, 100.5), Crop(0, 0, 550, 275)),
        (HIGHEST, (10.5, 5.5, 700.5, 400.5), Crop(10, 5, 1000, 500)),
        (HIGHEST, (40.5, 25.5, 700.5, 400.5), Crop(30, 15, 1000, 500)),
        (LOWEST, (500.5, 200.5, 1000.0, 500.0), None),
        (HIGHEST, (0.5, 0.5, 700.5, 400.5), None),
        (LOWEST, (500.5, 200.5, 1000.0, 400.5), Crop(0, 0, 1000, 401)),
        (HIGHEST, (0.0, 5.5, 700.5, 400.5), Crop(0, 5, 1000, 500)),
    ],
    ids=str,
)
def test_a_crop_grows_to_the_whole_pixels_of_what_it_keeps_and_stays_in_the_image(
    rng: End, kept: Box, step: Step | None
) -> None:
    assert draw("crop", rng, WIDE, 1.0, [kept]) == step


@pytest.mark.parametrize(
    ("operation", "rng", "size_wh", "strength", "step"),
    [
        ("blur", HIGHEST, (3000, 4000), 1.0, Blur(12.1)),
        ("crop", LOWEST, (1, 1), 1.0, None),
        ("crop", LOWEST, (1, 100), 1.0, Crop(0, 0, 1, 55)),
        ("crop", LOWEST, (100, 1), 1.0, Crop(0, 0, 55, 1)),
        ("erase", LOWEST, (10, 10), 1.0, Erase(0, 0, 1, 2)),
        ("erase", HIGHEST, (10, 10), 1e-9, Erase(8, 9, 10, 10)),
    ],
)
def test_a_blur_grows_with_the_image_and_a_part_of_a_small_one_has_at_least_one_pixel(
    operation: str, rng: End, size_wh: tuple[int, int], strength: float, step: Step | None
) -> None:
    assert draw(operation, rng, size_wh, strength, []) == step
