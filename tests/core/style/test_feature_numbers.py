"""The numbers of style features: stored ones are compared with them, so others need another ``VERSION``."""

import numpy as np
import pytest
from PIL import Image

from core.style import features
from core.style.features import DIMENSIONS, OVERALL, measure_style


def _striped(columns: int = 96, rows: int = 72) -> Image.Image:
    """Return stripes on slopes of color, with a gray corner that is nearly black and one that is nearly white."""
    x, y = np.meshgrid(np.arange(columns), np.arange(rows))
    pixels = np.stack([2 * x + 20, 3 * y % 200 + 40, (x * y) % 97 + 30 + 40 * (x // 6 % 2)], axis=2)
    pixels[:16, :16], pixels[-20:, -20:] = 8, 240
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


SUMS = {
    "palette": 275_680, "light": 9043.6, "chroma": 7346.4, "hue": 10.938, "edge": 166.54, "texture": 19.097,
    "bands": 26.465, "overall": 460.1,
}  # fmt: skip
"""Each number times its place, counted from 1."""


@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_each_dimension_of_version_1_has_these_numbers(dimension: str) -> None:
    assert features.VERSION == 1
    values = measure_style(_striped()).group(dimension).astype(float)

    assert values @ np.arange(1, len(values) + 1) == pytest.approx(SUMS[dimension], rel=2e-3)


def test_the_overall_numbers_are_in_their_order() -> None:
    measured = measure_style(_striped())

    assert {name: round(measured.overall(name), 1) for name in OVERALL} == {
        "lightness": 55.3, "contrast": 21.1, "chroma": 41.0, "chroma spread": 24.6, "red-green": -7.7, "warmth": 16.2,
        "shadow": 4.3, "highlight": 6.5,
    }  # fmt: skip


def test_the_hash_has_a_bit_for_each_step_to_a_lighter_column() -> None:
    measured = measure_style(_striped())

    assert measured.content_hash.hex() == ("7ff77ff56fffeff5bff5bffdaff5affdbffdbff5aff5affdaffcaffcaffceffc")


def test_an_image_of_more_than_256_px_is_measured_smaller() -> None:
    large = measure_style(Image.new("RGB", (600, 300), (200, 40, 40)))
    small = measure_style(Image.new("RGB", (256, 128), (200, 40, 40)))

    assert np.allclose(large.vector, small.vector, atol=0.01)
