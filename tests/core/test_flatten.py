"""Pixels of every mode on white."""

import numpy as np
import pytest
from PIL import Image

from core.flatten import flatten, with_alpha_channel


def transparent(mode: str, color: object, key: object) -> Image.Image:
    image = Image.new(mode, (4, 4), color)  # type: ignore[arg-type]
    image.info["transparency"] = key
    return image


@pytest.mark.parametrize(
    "image",
    [
        Image.new("RGBA", (4, 4), (255, 0, 0, 0)),
        Image.new("LA", (4, 4), (9, 0)),
        transparent("RGB", (255, 0, 0), (255, 0, 0)),
        transparent("L", 9, 9),
        transparent("I;16", 300, 300),
    ],
    ids=lambda image: image.mode,
)
def test_transparent_parts_become_white(image: Image.Image) -> None:
    assert flatten(image).getcolors() == [(16, (255, 255, 255))]


def test_a_transparent_color_leaves_all_others_as_they_are() -> None:
    assert flatten(transparent("RGB", (255, 0, 0), (254, 0, 0))).getcolors() == [(16, (255, 0, 0))]


@pytest.mark.parametrize("key", [None, 0])
def test_16_bit_gray_is_scaled_and_not_clipped(key: int | None) -> None:
    ramp = Image.fromarray(np.tile(np.linspace(0, 65535, 256).astype(np.uint16), (4, 1)))
    if key is not None:
        ramp.info["transparency"] = key

    row = np.asarray(flatten(ramp))[0, :, 0].tolist()

    assert row == [0 if key is None else 255, *range(1, 256)]


def test_an_image_with_8_bits_and_nothing_transparent_is_not_copied() -> None:
    image = Image.new("RGB", (4, 4))

    assert with_alpha_channel(image) is image
    assert flatten(image) is not image
